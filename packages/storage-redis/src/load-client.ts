import { ConfigurationError } from '@requestforge/core/errors'
import type { FurtherMembers, RedisClientLike } from './redis-client.ts'

/** What is used of the package redis. */
export interface RedisPackage {
  createClient(options: object): RedisClientLike & FurtherMembers
}

/** Loads the optional package redis. @throws ConfigurationError if it is not installed */
export async function loadRedis(): Promise<RedisPackage> {
  try {
    // Widened, so that its types are not needed: only this much of its structure is relied upon.
    const redis: RedisPackage = await import('redis' as string)
    // Bundlers for browsers put an empty module in its place, as package.json tells them.
    if (typeof redis.createClient !== 'function') throw new TypeError('the package redis has no createClient here')
    return redis
  } catch (cause) {
    throw new ConfigurationError(
      'RedisTokenStorage with { url } needs the package redis, which could not be loaded: npm install redis',
      {
        option: 'url',
        cause,
      },
    )
  }
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
