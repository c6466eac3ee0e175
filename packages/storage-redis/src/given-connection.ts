import { startBackgroundTimer, withDeadline } from './deadline.ts'
import { type AnyRedisClient, destroyClient, type FurtherMembers, sendCommand, separatesSubscriptions } from './redis-client.ts'
import type { ConnectionWatcher, RedisConnection } from './redis-connection.ts'

const helloTimeoutMs = 500
/** How often a client that connects is looked at, in milliseconds. */
const lookMs = 10

/** A connection by the user's own client, which stays his to connect and to close. */
export class GivenConnection implements RedisConnection {
  readonly prepared: Promise<void> = Promise.resolve()
  readonly #client: AnyRedisClient
  readonly #watcher: ConnectionWatcher
  readonly #onError = (error?: unknown): void => this.#watcher.onTrouble(error)
  readonly #onReady = (): void => this.#watcher.onReady()
  #subscriber: Promise<AnyRedisClient> | undefined
  #duplicate: AnyRedisClient | undefined
  #isCopyAway = false
  #isClosed = false

  constructor(client: AnyRedisClient, watcher: ConnectionWatcher) {
    this.#client = client
    this.#watcher = watcher
    // An `error` that nobody listens to would end the process.
    client.on('error', this.#onError)
    for (const event of readyEvents(client)) client.on(event, this.#onReady)
  }

  /** Waits until the client is ready: in its queue a command might go out when nobody waits for it any more. */
  async client(signal: AbortSignal): Promise<AnyRedisClient> {
    for (;;) {
      const client = this.#open()
      const { isReady }: FurtherMembers = client as FurtherMembers // there or not
      if (isReady !== false) return client
      await new Promise<void>((resolve) => startBackgroundTimer(resolve, lookMs))
      signal.throwIfAborted()
    }
  }

  async subscriber(): Promise<AnyRedisClient> {
    const client = this.#open()
    if (separatesSubscriptions(client)) return client
    this.#subscriber ??= this.#chooseSubscriber(client)
    try {
      return await this.#subscriber
    } catch (error) {
      this.#subscriber = undefined
      throw error
    }
  }

  suspect(): void {
    // It is not ours to end; the breaker leaves it alone for a while.
  }

  close(): void {
    this.#isClosed = true
    this.#client.off('error', this.#onError)
    for (const event of readyEvents(this.#client)) this.#client.off(event, this.#onReady)
    if (this.#duplicate !== undefined) destroyClient(this.#duplicate)
  }

  /** A copy may fail again and again while the client works, as where Redis has no connection to spare: that is told once. */
  #onCopyError(error: unknown): void {
    if (!this.#isCopyAway) this.#onError(error)
    this.#isCopyAway = true
  }

  #open(): AnyRedisClient {
    if (!this.#client.isOpen) throw new Error('the redis client is not connected: its connect() has to be called first')
    return this.#client
  }

  /** Under RESP2 a connection that listens can do nothing else: it needs a copy of the client. */
  async #chooseSubscriber(client: AnyRedisClient): Promise<AnyRedisClient> {
    const { options, duplicate }: FurtherMembers = client as FurtherMembers // there or not
    if (duplicate === undefined || options?.RESP === 3 || (await speaksResp3(client))) return client
    const copy = duplicate.call(client)
    this.#duplicate = copy
    copy.on('error', (error) => this.#onCopyError(error))
    copy.on('ready', () => {
      this.#isCopyAway = false
      this.#onReady()
    })
    const { unref }: FurtherMembers = copy as FurtherMembers // there or not
    unref?.call(copy)
    if (this.#isClosed) destroyClient(copy)
    else await copy.connect()
    return copy
  }
}

/** Clusters tell of each node. */
function readyEvents(client: AnyRedisClient): readonly 'ready'[] {
  // The structural type names the events that every kind has.
  return 'slots' in client ? ['connect' as 'ready', 'node-ready' as 'ready'] : ['ready']
}

/** The client's default differs between its versions, so the server is asked. */
async function speaksResp3(client: AnyRedisClient): Promise<boolean> {
  try {
    const hello = (signal: AbortSignal): Promise<unknown> => sendCommand(client, '', ['HELLO'], signal)
    const greeting = await withDeadline(hello, { limitMs: helloTimeoutMs, what: 'hello', keepsAlive: false })
    // RESP3 has maps, RESP2 lists of names and values.
    return (
      typeof greeting === 'object' &&
      greeting !== null &&
      !Array.isArray(greeting) &&
      Number(Reflect.get(greeting, 'proto')) === 3
    )
  } catch {
    // Unknown, or not allowed: a copy works with either.
    return false
  }
}
