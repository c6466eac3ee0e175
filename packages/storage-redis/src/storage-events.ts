import { ConfigurationError } from '@requestforge/core/errors'

/** What a `RedisTokenStorage` tells. No secrets. */
export interface RedisTokenStorageEvents {
  /** A stored value could not be used: corrupt, foreign, or encrypted with a key that is not there. It counts as a miss. */
  readonly unreadable: { readonly key: string; readonly reason: string }
  /** Redis does not answer; told once, until it does again. */
  readonly unavailable: { readonly error: unknown }
  /** Redis answers again. */
  readonly available: object
}

const eventNames: ReadonlySet<string> = new Set(
  Object.keys({ unreadable: 1, unavailable: 1, available: 1 } satisfies Record<keyof RedisTokenStorageEvents, 1>),
)

type Listener = (detail: never) => unknown

/** Listeners by event; one that throws or rejects breaks nothing. */
export class StorageEvents {
  readonly #listeners = new Map<keyof RedisTokenStorageEvents, Set<Listener>>()

  /** @throws ConfigurationError for an event that there is not, or a listener that is no function */
  on<E extends keyof RedisTokenStorageEvents>(event: E, listener: (detail: RedisTokenStorageEvents[E]) => void): () => void {
    if (!eventNames.has(event))
      throw new ConfigurationError(
        `there is no event ${JSON.stringify(String(event))}: there are ${[...eventNames].join(', ')}`,
        { option: 'event' },
      )
    if (typeof listener !== 'function') throw new ConfigurationError('listener must be a function', { option: 'listener' })
    const listeners = this.#listeners.get(event) ?? new Set()
    // A wrapper of its own, so that the same function may listen twice and leave once.
    const own: Listener = (detail) => listener(detail)
    this.#listeners.set(event, listeners.add(own))
    return () => listeners.delete(own)
  }

  emit<E extends keyof RedisTokenStorageEvents>(event: E, detail: RedisTokenStorageEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        const typed = listener as (detail: RedisTokenStorageEvents[E]) => unknown // stored under its own event
        const told = typed(detail)
        // An asynchronous one may fail later.
        if (told instanceof Promise) told.catch(() => undefined)
      } catch {
        // A listener's failure must not fail the storage call that it was told about.
      }
    }
  }
}
