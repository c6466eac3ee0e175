import { startBackgroundTimer } from './deadline.ts'
import { spreadOf } from './notice-spread.ts'
import type { AnyRedisClient } from './redis-client.ts'

interface Channel {
  readonly name: string
  readonly listeners: Set<() => void>
  /** Gets each notice. */
  readonly receive: (notice: string) => void
  /** Ends the wait after a notice that many got. */
  stopWaiting: (() => void) | undefined
  /** Where it is subscribed. */
  client: AnyRedisClient | undefined
  /** True when notices may have been missed. */
  isBehind: boolean
}

/** After a reconnect so many channels are told at a time: each may cause a call. */
const sliceSize = 100
const slicePauseMs = 25

/** A subscription that failed is made again after so long, in milliseconds, then after twice as long, … */
const firstPauseMs = 1_000
const longestPauseMs = 60_000

/**
 * Change notices, by channel. They are hints: a subscription that fails is made again with the next connection, or after a pause, and readers
 * poll besides.
 */
export class Subscriptions {
  readonly #channels = new Map<string, Channel>()
  readonly #subscriber: () => Promise<AnyRedisClient>
  readonly #onFailure: (error: unknown) => void
  readonly #random: () => number
  #failures = 0
  #stopRetry: (() => void) | undefined
  #isClosed = false
  #stopTelling: () => void = () => undefined

  constructor(
    subscriber: () => Promise<AnyRedisClient>,
    onFailure: (error: unknown) => void,
    random: () => number = Math.random,
  ) {
    this.#subscriber = subscriber
    this.#onFailure = onFailure
    this.#random = random
  }

  add(name: string, listener: () => void): () => void {
    const channel = this.#channels.get(name) ?? this.#open(name)
    // A function of its own for each subscription: the same listener may subscribe twice.
    const subscription = (): void => listener()
    channel.listeners.add(subscription)
    return () => {
      channel.listeners.delete(subscription)
      if (channel.listeners.size === 0) this.#drop(channel)
    }
  }

  /** A connection stands again: what is not subscribed is, and whoever may have missed notices is told. */
  resume(): void {
    for (const channel of this.#channels.values()) channel.isBehind ||= channel.client !== undefined
    // First the subscriptions, then the hints: nothing can happen in between unseen.
    void this.#subscribeAll().then(() => this.#tell(({ isBehind }) => isBehind))
  }

  close(): void {
    this.#isClosed = true
    this.#cancelRetry()
    this.#stopTelling()
    for (const channel of this.#channels.values()) this.#drop(channel)
  }

  #open(name: string): Channel {
    const receive = (notice: string): void => this.#receive(channel, notice)
    const channel: Channel = {
      name,
      listeners: new Set(),
      receive,
      stopWaiting: undefined,
      client: undefined,
      isBehind: false,
    }
    this.#channels.set(name, channel)
    void this.#subscribe(channel)
    return channel
  }

  /** One wait is enough for all notices that come meanwhile: who looks afterwards sees what they told of. */
  #receive(channel: Channel, notice: string): void {
    const spreadMs = spreadOf(notice)
    const look = (): void => {
      channel.stopWaiting = undefined
      tell(channel)
    }
    if (spreadMs === 0) look()
    else channel.stopWaiting ??= startBackgroundTimer(look, this.#random() * spreadMs)
  }

  async #subscribeAll(): Promise<void> {
    this.#cancelRetry()
    await Promise.all(Array.from(this.#channels.values(), (channel) => this.#subscribe(channel)))
  }

  /** Redis may be away: there is nothing to see for who is not subscribed again. */
  async #retry(): Promise<void> {
    await this.#subscribeAll()
    this.#tell(({ isBehind, client }) => isBehind && client !== undefined)
  }

  /** Never rejects. */
  async #subscribe(channel: Channel): Promise<void> {
    if (this.#isClosed) return
    try {
      const client = await this.#subscriber()
      if (!this.#isWanted(channel) || channel.client === client) return
      channel.client = client
      await client.subscribe(channel.name, channel.receive)
      this.#failures = 0
      if (!this.#isWanted(channel)) await client.unsubscribe(channel.name, channel.receive)
    } catch (error) {
      channel.client = undefined
      channel.isBehind = true
      if (this.#isWanted(channel)) this.#fail(error)
    }
  }

  /**
   * Told once, and never tried again at once: where nothing but the subscription fails, as behind a proxy that has none, each hint would lead
   * to the next try, and that to the next hint.
   */
  #fail(error: unknown): void {
    if (this.#stopRetry !== undefined) return
    const pauseMs = Math.min(firstPauseMs * 2 ** this.#failures, longestPauseMs) * (0.75 + this.#random() / 2)
    this.#stopRetry = startBackgroundTimer(() => void this.#retry(), pauseMs)
    this.#failures += 1
    if (this.#failures === 1) this.#onFailure(error)
  }

  #cancelRetry(): void {
    this.#stopRetry?.()
    this.#stopRetry = undefined
  }

  #drop(channel: Channel): void {
    if (!this.#isWanted(channel)) return
    this.#channels.delete(channel.name)
    channel.stopWaiting?.()
    if (channel.client?.isOpen !== true) return
    channel.client.unsubscribe(channel.name, channel.receive).catch(() => {
      // A connection that was lost has no subscriptions.
    })
  }

  #isWanted(channel: Channel): boolean {
    return this.#channels.get(channel.name) === channel
  }

  #tell(isTold: (channel: Channel) => boolean): void {
    this.#tellEach([...this.#channels.values()].filter(isTold))
  }

  /** Who is not subscribed stays behind, and is told again as soon as he is. */
  #tellEach(channels: readonly Channel[]): void {
    this.#stopTelling()
    for (const channel of channels.slice(0, sliceSize)) {
      channel.isBehind = channel.client === undefined
      tell(channel)
    }
    const rest = channels.slice(sliceSize)
    if (rest.length > 0) this.#stopTelling = startBackgroundTimer(() => this.#tellEach(rest), slicePauseMs)
  }
}

function tell({ listeners }: Channel): void {
  for (const listener of listeners) queueMicrotask(() => call(listener))
}

function call(listener: () => void): void {
  try {
    listener()
  } catch {
    // A listener looks on. What it throws would end the process, as nobody waits for it here.
  }
}
