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

/** Change notices, by channel. They are hints: a subscription that fails is made again with the next connection, and readers poll besides. */
export class Subscriptions {
  readonly #channels = new Map<string, Channel>()
  readonly #subscriber: () => Promise<AnyRedisClient>
  readonly #onFailure: (error: unknown) => void
  readonly #random: () => number
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
    const channels = [...this.#channels.values()]
    for (const channel of channels) channel.isBehind ||= channel.client !== undefined
    // First the subscriptions, then the hints: nothing can happen in between unseen.
    void Promise.all(channels.map((channel) => this.#subscribe(channel))).then(() => this.#tellBehind())
  }

  close(): void {
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

  /** Never rejects. */
  async #subscribe(channel: Channel): Promise<void> {
    try {
      const client = await this.#subscriber()
      if (!this.#isWanted(channel) || channel.client === client) return
      channel.client = client
      await client.subscribe(channel.name, channel.receive)
      if (!this.#isWanted(channel)) await client.unsubscribe(channel.name, channel.receive)
    } catch (error) {
      channel.client = undefined
      channel.isBehind = true
      if (this.#isWanted(channel)) this.#onFailure(error)
    }
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

  #tellBehind(): void {
    this.#stopTelling()
    let told = 0
    for (const channel of this.#channels.values()) {
      if (!channel.isBehind) continue
      if (told === sliceSize) {
        this.#stopTelling = startBackgroundTimer(() => this.#tellBehind(), slicePauseMs)
        return
      }
      channel.isBehind = false
      tell(channel)
      told += 1
    }
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
