import type { Clock } from '@requestforge/core'
import { ConfigurationError, RequestTimeoutError } from '@requestforge/core/errors'
import type { TokenEvents } from './manager-events.ts'
import { storagePauseMs } from './renewal-constants.ts'

/** What a storage answered, or that it did not. */
export type StorageAnswer<T> = { readonly answered: true; readonly value: T } | { readonly answered: false }

const unanswered: StorageAnswer<never> = { answered: false }

/** Keeps a storage's trouble away from callers: every call has a deadline, and a storage that failed is left alone for a while. */
export class StorageGuard {
  readonly #clock: Clock
  readonly #events: TokenEvents
  readonly #timeoutMs: number
  #leftAloneUntil = Number.NEGATIVE_INFINITY
  #pendingCount = 0
  /** What does not work now, and has been told. Reading may go on working where writing does not. */
  #lacks: 'everything' | 'writing' | undefined = undefined
  /** True for a misconfiguration, false for an outage: what turns out to be the other is told again. */
  #isRefused = false

  constructor(clock: Clock, events: TokenEvents, timeoutMs: number) {
    this.#clock = clock
    this.#events = events
    this.#timeoutMs = timeoutMs
  }

  /** How long until the storage is asked again, in milliseconds. */
  get pauseMs(): number {
    return Math.max(0, this.#leftAloneUntil - this.#clock.monotonic())
  }

  /** The storage may be asked at once. */
  endPause(): void {
    this.#leftAloneUntil = Number.NEGATIVE_INFINITY
  }

  /** True while a storage that has failed is being asked: whoever is not waited for can wait for what comes of that. */
  get isProbed(): boolean {
    return this.#lacks !== undefined && this.#pendingCount > 0
  }

  /**
   * Asks the storage. Its failures are no errors here, but one event for each outage, or misconfiguration.
   *
   * `onLate` gets what arrives after the deadline, and may have to be given back.
   *
   * @throws {ConfigurationError} as the storage threw it: a misconfiguration is no outage
   */
  call<T>(operation: string, action: () => Promise<T>, onLate?: (value: T) => void): Promise<StorageAnswer<T>> {
    if (this.pauseMs > 0) return Promise.resolve(unanswered)
    return this.insist(operation, action, onLate)
  }

  /** As `call`, but asks a storage that is left alone, too: for what would be lost in the meantime. */
  async insist<T>(operation: string, action: () => Promise<T>, onLate?: (value: T) => void): Promise<StorageAnswer<T>> {
    this.#pendingCount += 1
    try {
      const value = await this.#withDeadline(operation, action, onLate)
      if (this.#lacks === 'everything' || !(operation === 'get' || operation === 'extend')) this.#lacks = undefined
      return { answered: true, value }
    } catch (error) {
      const isRefused = error instanceof ConfigurationError
      // Nobody waits for an extension, and it is tried again: the next call that somebody waits for decides.
      if (!isRefused && operation !== 'extend') this.#leftAloneUntil = this.#clock.monotonic() + storagePauseMs
      this.#tell(operation, error, isRefused)
      if (isRefused) throw error
      return unanswered
    } finally {
      this.#pendingCount -= 1
    }
  }

  #withDeadline<T>(operation: string, action: () => Promise<T>, onLate?: (value: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      let late = false
      const timer = this.#clock.setTimeout(
        () => {
          late = true
          const timeoutMs = this.#timeoutMs
          const message = `the token storage did not answer '${operation}' within ${timeoutMs} ms`
          reject(new RequestTimeoutError(message, { phase: 'token', timeoutMs, elapsedMs: timeoutMs }))
        },
        this.#timeoutMs,
        // Nobody waits for an extension.
        operation !== 'extend',
      )
      const settle = (): void => this.#clock.clearTimeout(timer)
      // Inside a promise, so that what a storage throws synchronously is a rejection like any other.
      new Promise<T>((begin) => begin(action())).then(
        (value) => {
          settle()
          if (late) onLate?.(value)
          else resolve(value)
        },
        (error: unknown) => {
          settle()
          reject(error)
        },
      )
    })
  }

  #tell(operation: string, error: unknown, isRefused: boolean): void {
    const isTold = this.#lacks !== undefined && this.#isRefused === isRefused
    this.#isRefused = isRefused
    if (operation === 'get') this.#lacks ??= 'everything'
    else this.#lacks = 'writing'
    if (!isTold) this.#events.emit('storage-failed', { operation, error })
  }
}
