import { ConfigurationError } from '@requestforge/core/errors'

/** Takes a command back that was not sent yet. */
interface SendOptions {
  readonly abortSignal?: AbortSignal
}

/** What is used of any node-redis client. */
interface RedisConnectionLike {
  readonly isOpen: boolean
  connect(): Promise<unknown>
  subscribe(channel: string, listener: (message: string, channel: string) => unknown): Promise<unknown>
  on(event: 'error' | 'ready' | 'end', listener: (error?: unknown) => void): unknown
  off(event: 'error' | 'ready' | 'end', listener: (error?: unknown) => void): unknown
}

/** What is used of a client as `createClient()` of the package redis makes it. */
export interface RedisClientLike extends RedisConnectionLike {
  unsubscribe(channel: string, listener: (message: string, channel: string) => unknown): Promise<unknown>
  sendCommand(args: string[], options?: SendOptions): Promise<unknown>
}

/** What is used of a cluster client (`createCluster()`): it routes by key. */
export interface RedisClusterLike extends RedisConnectionLike {
  readonly slots: unknown
  /** The listener's type is wider there: it may get bytes too. */
  unsubscribe(channel: string, listener: unknown): Promise<unknown>
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    args: string[],
    options?: SendOptions,
  ): Promise<unknown>
}

/** What is used of a sentinel client (`createSentinel()`): it asks whether a replica would do. */
export interface RedisSentinelLike extends RedisConnectionLike {
  getSentinelNode(): unknown
  unsubscribe(channel: string, listener: unknown): Promise<unknown>
  sendCommand(isReadonly: boolean | undefined, args: string[], options?: SendOptions): Promise<unknown>
}

/** Any client of the package redis. */
export type AnyRedisClient = RedisClientLike | RedisClusterLike | RedisSentinelLike

/** What some clients have besides. */
export interface FurtherMembers {
  /** False while it connects: it then queues commands. */
  readonly isReady?: boolean | undefined
  readonly options?: { readonly RESP?: unknown } | undefined
  readonly duplicate?: () => RedisClientLike
  readonly unref?: () => void
  readonly close?: () => unknown
  readonly destroy?: () => unknown
}

const methods = ['connect', 'sendCommand', 'subscribe', 'unsubscribe', 'on', 'off'] as const

/** @throws ConfigurationError unless `client` is one of node-redis */
export function checkClient(client: unknown): void {
  const isObject = typeof client === 'object' && client !== null
  const missing = methods.filter((method) => !isObject || typeof Reflect.get(client, method) !== 'function')
  if (missing.length === 0) return
  const isIoredis = isObject && 'defineCommand' in client
  // A URL in its place may have a password.
  const kind = client === null ? 'null' : typeof client
  const got = isIoredis ? 'a client of ioredis' : isObject ? `an object without ${missing.join(', ')}` : kind
  throw new ConfigurationError(
    `client must be a client of the package redis (node-redis 5 or later), as createClient() makes it (got ${got})`,
    { option: 'client' },
  )
}

/** True for clients that keep a connection of their own for subscriptions. */
export function separatesSubscriptions(client: AnyRedisClient): boolean {
  return 'slots' in client || 'getSentinelNode' in client
}

/** Sends a command whose only key is `key`, whichever kind of client it is; once the signal is aborted it is not sent any more. */
export function sendCommand(client: AnyRedisClient, key: string, args: string[], abortSignal: AbortSignal): Promise<unknown> {
  if (abortSignal.aborted) return Promise.reject(abortSignal.reason)
  // A connection may be lost before the client has written: the command then waits in its queue for the next one.
  const options = { abortSignal }
  if ('slots' in client) return client.sendCommand(key, false, args, options)
  return 'getSentinelNode' in client ? client.sendCommand(false, args, options) : client.sendCommand(args, options)
}

/** Ends a client's connections, those that hang too. Its last words harm nobody. */
export function destroyClient(client: AnyRedisClient): void {
  const { destroy, close }: FurtherMembers = client as FurtherMembers // whatever kind it is, these are there or not
  client.on('error', () => undefined)
  try {
    const end = destroy ?? close
    end?.call(client)
  } catch {
    // It was closed already: that is all that was wanted.
  }
}
