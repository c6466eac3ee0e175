/** Who wants to know of changes, by key. */
export class ChangeListeners {
  readonly #byKey = new Map<string, Set<() => void>>()

  add(key: string, listener: () => void): () => void {
    const listeners = this.#byKey.get(key) ?? new Set()
    // A function of its own for each subscription: the same listener may subscribe twice.
    const subscription = (): void => listener()
    this.#byKey.set(key, listeners.add(subscription))
    return () => {
      listeners.delete(subscription)
      if (listeners.size === 0 && this.#byKey.get(key) === listeners) this.#byKey.delete(key)
    }
  }

  /** Tells them after the change is complete: a listener may claim at once. */
  tell(key: string): void {
    for (const listener of this.#byKey.get(key) ?? []) queueMicrotask(() => call(listener))
  }
}

function call(listener: () => void): void {
  try {
    listener()
  } catch {
    // A listener looks on. What it throws would end the process, as nobody waits for it here.
  }
}
