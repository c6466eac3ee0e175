import { ConfigurationError } from '@requestforge/core/errors'
import { nodeBuiltin } from '@requestforge/core/node-builtin'
import type { Deviation } from './deviation.ts'
import type { FailureClass } from './failure-class.ts'
import { harmlessError } from './harmless-error.ts'
import type { RenewalReason } from './single-flight.ts'

/** What can be seen of a token's life: names and counts, never a secret. */
export interface TokenManagerEvents {
  /** A token was handed out from memory. */
  readonly hit: { readonly version: number }
  /** A valid token was handed out, and is renewed in the background. */
  readonly due: { readonly expiresAt: number }
  readonly 'renewal-started': { readonly reason: RenewalReason }
  /** A caller waits for a renewal that was running already. */
  readonly 'renewal-joined': { readonly reason: RenewalReason }
  /** Somebody else's new token was taken over. */
  readonly adopted: { readonly version: number }
  readonly refreshed: { readonly expiresAt: number | undefined; readonly elapsedMs: number }
  readonly 'refresh-failed': {
    readonly error: unknown
    /** Milliseconds since the epoch; undefined when the next caller may try at once. */
    readonly nextTryAt: number | undefined
    readonly failureClass: FailureClass
    /** How many failed in a row. */
    readonly attempts: number
  }
  readonly invalidated: object
  /** Another process held the lease for so long. */
  readonly 'lock-waited': { readonly waitedMs: number }
  /** Once for each outage, not for each call; and for each value that is no token. */
  readonly 'storage-failed': { readonly operation: string; readonly error: unknown }
  /** Something outside the RFCs, or outside what this library expects, was tolerated. */
  readonly deviation: Deviation
}

/** Every event's name. */
export type TokenManagerEvent = keyof TokenManagerEvents

const eventNames: ReadonlySet<string> = new Set(
  Object.keys({
    hit: 1,
    due: 1,
    'renewal-started': 1,
    'renewal-joined': 1,
    adopted: 1,
    refreshed: 1,
    'refresh-failed': 1,
    invalidated: 1,
    'lock-waited': 1,
    'storage-failed': 1,
    deviation: 1,
  } satisfies Record<TokenManagerEvent, 1>),
)

type Listener = (detail: never) => unknown

/** What is used of a channel of `node:diagnostics_channel`. */
interface DiagnosticsChannel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

/** What is used of `node:diagnostics_channel`. */
interface DiagnosticsChannels {
  channel(name: string): DiagnosticsChannel
}

/** Tells listeners and the `diagnostics_channel` named `requestforge:token`, where the platform has one. */
export class ManagerEvents {
  readonly #listeners: Map<TokenManagerEvent, Set<Listener>> = new Map()
  readonly #channel: DiagnosticsChannel | undefined
  /** True when somebody listens to `hit`: the fast path asks nothing more. */
  tellsHits = false

  constructor() {
    const channels = nodeBuiltin('node:diagnostics_channel') as DiagnosticsChannels | undefined // nothing else has that name
    this.#channel = channels?.channel('requestforge:token')
  }

  /** True when hits have to be told. */
  get watchesHits(): boolean {
    return this.tellsHits || this.#channel?.hasSubscribers === true
  }

  /** @throws {ConfigurationError} for an event that there is not, or a listener that is no function */
  on<Name extends TokenManagerEvent>(event: Name, listener: (detail: TokenManagerEvents[Name]) => void): () => void {
    if (!eventNames.has(event))
      throw new ConfigurationError(
        `there is no event ${JSON.stringify(String(event))}: there are ${[...eventNames].join(', ')}`,
        { option: 'event' },
      )
    if (typeof listener !== 'function') throw new ConfigurationError('listener must be a function', { option: 'listener' })
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    // A wrapper of its own, so that the same function may listen twice and leave once.
    const own: Listener = (detail) => listener(detail)
    listeners.add(own)
    if (event === 'hit') this.tellsHits = true
    return () => {
      listeners.delete(own)
      if (event === 'hit') this.tellsHits = listeners.size > 0
    }
  }

  tell<Name extends TokenManagerEvent>(event: Name, detail: TokenManagerEvents[Name], about: EventSubject): void {
    const { serviceName, subject } = about
    // Storages put what they were to store into what they throw.
    const shown: object = 'error' in detail ? { ...detail, error: harmlessError(detail.error) } : detail
    // A subject may be a person's name: listeners of this manager see it, whoever watches the whole process does not.
    if (this.#channel?.hasSubscribers === true) this.#channel.publish({ event, serviceName, ...shown })
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        const told: unknown = listener((subject === undefined ? shown : { ...shown, subject }) as never)
        // An asynchronous one may fail later.
        if (told instanceof Promise) told.catch(() => undefined)
      } catch {
        // A listener looks on. What it throws must not break a renewal that others wait for, and there is nobody else to tell.
      }
    }
  }
}

/** What an event is about. */
export interface EventSubject {
  readonly serviceName: string | undefined
  /** Whose token it is, where a manager keeps many. */
  readonly subject: string | undefined
}

/** The events of one token. */
export class TokenEvents {
  readonly #events: ManagerEvents
  readonly #about: EventSubject

  constructor(events: ManagerEvents, about: EventSubject) {
    this.#events = events
    this.#about = about
  }

  emit<Name extends TokenManagerEvent>(event: Name, detail: TokenManagerEvents[Name]): void {
    this.#events.tell(event, detail, this.#about)
  }
}
