import type { Call } from './call.ts'

/**
 * Hands aborts on to calls, with one listener for each signal however many calls have it: signals may live long and be widely shared,
 * and platforms warn of many listeners.
 */
export class AbortWatch {
  readonly #watched = new WeakMap<AbortSignal, WatchedSignal>()

  /** A signal that is aborted already ends the call at once. Returns what ends the watch. */
  watch(signal: AbortSignal, call: Call): () => void {
    if (signal.aborted) call.cancel(signal.reason)
    const watched = this.#watched.get(signal) ?? new WatchedSignal(signal)
    this.#watched.set(signal, watched)
    watched.add(call)
    return () => watched.delete(call)
  }
}

class WatchedSignal {
  readonly #signal: AbortSignal
  readonly #calls = new Set<Call>()
  readonly #onAbort: () => void

  constructor(signal: AbortSignal) {
    this.#signal = signal
    this.#onAbort = () => {
      for (const call of [...this.#calls]) call.cancel(signal.reason)
    }
  }

  add(call: Call): void {
    if (this.#calls.size === 0) this.#signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#calls.add(call)
  }

  delete(call: Call): void {
    if (this.#calls.delete(call) && this.#calls.size === 0) this.#signal.removeEventListener('abort', this.#onAbort)
  }
}
