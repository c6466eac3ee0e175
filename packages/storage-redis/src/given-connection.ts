import { withDeadline } from './deadline.ts'
import { type AnyRedisClient, destroyClient, type FurtherMembers, sendCommand, separatesSubscriptions } from './redis-client.ts'
import type { ConnectionWatcher, RedisConnection } from './redis-connection.ts'

const helloTimeoutMs = 500

/** A connection by the user's own client, which stays his to connect and to close. */
export class GivenConnection implements RedisConnection {
  readonly prepared: Promise<void> = Promise.resolve()
  readonly #client: AnyRedisClient
  readonly #watcher: ConnectionWatcher
  readonly #onError = (error?: unknown): void => this.#watcher.onTrouble(error)
  readonly #onReady = (): void => this.#watcher.onReady()
  #subscriber: Promise<AnyRedisClient> | undefined
  #duplicate: AnyRedisClient | undefined
  #isClosed = false

  constructor(client: AnyRedisClient, watcher: ConnectionWatcher) {
    this.#client = client
    this.#watcher = watcher
    // An `error` that nobody listens to would end the process.
    client.on('error', this.#onError)
    for (const event of readyEvents(client)) client.on(event, this.#onReady)
  }

  async client(): Promise<AnyRedisClient> {
    if (!this.#client.isOpen) throw new Error('the redis client is not connected: its connect() has to be called first')
    return this.#client
  }

  async subscriber(): Promise<AnyRedisClient> {
    const client = await this.client()
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

  /** Under RESP2 a connection that listens can do nothing else: it needs a copy of the client. */
  async #chooseSubscriber(client: AnyRedisClient): Promise<AnyRedisClient> {
    const { options, duplicate }: FurtherMembers = client as FurtherMembers // there or not
    if (duplicate === undefined || options?.RESP === 3 || (await speaksResp3(client))) return client
    const copy = duplicate.call(client)
    this.#duplicate = copy
    copy.on('error', this.#onError)
    copy.on('ready', this.#onReady)
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
  return 'slots' in client ? ['ready', 'node-ready' as 'ready'] : ['ready']
}

/** The client's default differs between its versions, so the server is asked. */
async function speaksResp3(client: AnyRedisClient): Promise<boolean> {
  try {
    const asked = sendCommand(client, '', ['HELLO'])
    const greeting = await withDeadline(asked, { limitMs: helloTimeoutMs, what: 'hello', keepsAlive: false })
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
