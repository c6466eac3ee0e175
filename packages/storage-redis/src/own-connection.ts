import { DeadlineError, startBackgroundTimer, withDeadline } from './deadline.ts'
import { createClient, loadRedis, type RedisPackage } from './load-client.ts'
import { type AnyRedisClient, destroyClient, type RedisClientLike } from './redis-client.ts'
import type { ConnectionWatcher, RedisConnection } from './redis-connection.ts'

/** For how long a connection may take to be made at least, in milliseconds: that is more than one call. */
const leastConnectTimeoutMs = 500
/** How often an idle connection is tried, in milliseconds: it may have died without a word, and notices with it. */
const heartbeatMs = 5_000
/** For how long an answer to that is waited for, in milliseconds. */
const heartbeatTimeoutMs = 1_000
const firstPauseMs = 50
const longestPauseMs = 1_000

/**
 * A connection that is made here, for a URL: at once, so that the first caller need not wait for it, and again whenever it is lost. It never
 * keeps the process alive.
 */
export class OwnConnection implements RedisConnection {
  readonly prepared: Promise<RedisPackage>
  readonly #url: string
  readonly #watcher: ConnectionWatcher
  readonly #connectTimeoutMs: number
  readonly #random: () => number
  #connecting: Promise<RedisClientLike> | undefined
  /** The latest, connected or not yet. */
  #client: RedisClientLike | undefined
  #isConnected = false
  #retries = 0
  #isClosed = false
  #isSuspected = false
  #stopRetry: () => void = () => undefined
  #stopHeartbeat: () => void = () => undefined

  constructor(url: string, watcher: ConnectionWatcher, timeoutMs = 0, random: () => number = Math.random) {
    this.#url = url
    this.#watcher = watcher
    this.#connectTimeoutMs = Math.max(leastConnectTimeoutMs, timeoutMs)
    this.#random = random
    this.prepared = loadRedis()
    // Whoever calls is told if the package is missing, and a server that is not there is told as an event.
    this.prepared.then(() => this.client()).catch(() => undefined)
  }

  client(): Promise<AnyRedisClient> {
    this.#connecting ??= this.#connect()
    return this.#connecting
  }

  subscriber(): Promise<AnyRedisClient> {
    return this.client()
  }

  suspect(): void {
    if (this.#isConnected && this.#client !== undefined) void this.#beat(this.#client)
  }

  close(): void {
    this.#isClosed = true
    this.#stopRetry()
    this.#stopHeartbeat()
    if (this.#client !== undefined) destroyClient(this.#client)
  }

  async #connect(): Promise<RedisClientLike> {
    this.#stopRetry()
    const redis = await this.prepared
    if (this.#isClosed) throw new Error('the connection to redis is closed')
    const limitMs = this.#connectTimeoutMs
    const client = createClient(redis, this.#url, limitMs)
    this.#client = client
    // An `error` that nobody listens to would end the process.
    client.on('error', (error) => this.#onError(client, error))
    client.unref?.()
    try {
      await withDeadline(() => client.connect(), { limitMs, what: 'a new connection', keepsAlive: false })
    } catch (error) {
      this.#watcher.onTrouble(error)
      this.#lose(client)
      throw error
    }
    this.#retries = 0
    this.#isConnected = true
    this.#scheduleHeartbeat(client)
    this.#watcher.onReady()
    return client
  }

  #onError(client: RedisClientLike, error: unknown): void {
    if (this.#isClosed || this.#client !== client) return
    this.#watcher.onTrouble(error)
    if (!client.isOpen) this.#lose(client)
  }

  /** Gives a client up, and tries another after a pause. */
  #lose(client: RedisClientLike): void {
    if (this.#client !== client) return
    this.#client = undefined
    this.#connecting = undefined
    this.#isConnected = false
    this.#isSuspected = false
    this.#stopHeartbeat()
    destroyClient(client)
    if (this.#isClosed) return
    const pauseMs = Math.min(firstPauseMs * 2 ** this.#retries, longestPauseMs) * (0.75 + this.#random() / 2)
    this.#retries += 1
    this.#stopRetry = startBackgroundTimer(() => {
      // Told already, and tried again after the next pause.
      this.client().catch(() => undefined)
    }, pauseMs)
  }

  #scheduleHeartbeat(client: RedisClientLike): void {
    this.#stopHeartbeat = startBackgroundTimer(() => void this.#beat(client), heartbeatMs)
  }

  async #beat(client: RedisClientLike): Promise<void> {
    if (this.#isSuspected || this.#client !== client) return
    this.#isSuspected = true
    this.#stopHeartbeat()
    try {
      await withDeadline(() => client.sendCommand(['PING']), { limitMs: heartbeatTimeoutMs, what: 'ping', keepsAlive: false })
    } catch (error) {
      // A refusal is an answer too.
      if (error instanceof DeadlineError || !client.isOpen) return this.#lose(client)
    }
    this.#isSuspected = false
    if (this.#client === client) this.#scheduleHeartbeat(client)
  }
}
