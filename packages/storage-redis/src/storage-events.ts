/** What a `RedisTokenStorage` tells. No secrets. */
export interface RedisTokenStorageEvents {
  /** A stored value could not be used: corrupt, foreign, or encrypted with a key that is not there. It counts as a miss. */
  readonly unreadable: { readonly key: string; readonly reason: string }
  /** Redis does not answer; told once, until it does again. */
  readonly unavailable: { readonly error: unknown }
  /** Redis answers again. */
  readonly available: object
}

type Listener = (detail: never) => void

/** Listeners by event; one that throws breaks nothing. */
export class StorageEvents {
  readonly #listeners = new Map<keyof RedisTokenStorageEvents, Set<Listener>>()

  on<E extends keyof RedisTokenStorageEvents>(event: E, listener: (detail: RedisTokenStorageEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  emit<E extends keyof RedisTokenStorageEvents>(event: E, detail: RedisTokenStorageEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        const typed = listener as (detail: RedisTokenStorageEvents[E]) => void // stored under its own event
        typed(detail)
      } catch {
        // A listener's failure must not fail the storage call that it was told about.
      }
    }
  }
}
