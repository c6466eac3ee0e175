import { ConfigurationError } from '@requestforge/core/errors'
import type { FurtherMembers, RedisClientLike } from './redis-client.ts'

/** What is used of the package redis. */
export interface RedisPackage {
  createClient(options: object): RedisClientLike & FurtherMembers
}

/** Loads the optional package redis. @throws ConfigurationError if it is not installed, or left out of a bundle */
export async function loadRedis(): Promise<RedisPackage> {
  // Widened, so that its types are not needed: only this much of its structure is relied upon.
  const redis: RedisPackage = await import('redis' as string).catch((cause: unknown) => {
    throw lacking('could not be loaded: npm install redis', cause)
  })
  // Bundlers for browsers, and for workers, put an empty module in its place, as package.json tells them.
  if (typeof redis.createClient !== 'function')
    throw lacking('bundles for browsers leave out: where it can run, make its client yourself, and give { client }', undefined)
  return redis
}

function lacking(why: string, cause: unknown): ConfigurationError {
  return new ConfigurationError(`RedisTokenStorage with { url } needs the package redis, which ${why}`, { option: 'url', cause })
}

/**
 * A client that fails fast: it queues nothing while it is offline, and it does not reconnect by itself, as its timers would keep the process
 * alive. RESP3 lets one connection subscribe and send commands.
 */
export function createClient(
  { createClient: create }: RedisPackage,
  url: string,
  connectTimeoutMs: number,
): RedisClientLike & FurtherMembers {
  return create({
    url,
    RESP: 3,
    disableOfflineQueue: true,
    socket: { connectTimeout: connectTimeoutMs, reconnectStrategy: false },
  })
}
