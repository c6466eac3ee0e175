import type { CircuitBreaker, Clock } from '@requestforge/core'
import { checkCount, checkDuration, checkMethods, checkNames } from './option-checks.ts'

/** When a breaker opens and how it closes. */
export interface CircuitBreakerOptions {
  /** This many failures in a row open it. @default 5 */
  readonly failureThreshold?: number | undefined
  /** How long it stays open, in milliseconds. @default 30_000 */
  readonly recoveryTimeoutMs?: number | undefined
  /** How many trials it then lets through, and how many successes close it. @default 3 */
  readonly halfOpenMaxCalls?: number | undefined
  /** Its monotonic time. @default the platform's */
  readonly clock?: Pick<Clock, 'monotonic'> | undefined
}

/** `closed` lets all through, `open` nothing, `half-open` a few trials. */
export type CircuitState = 'closed' | 'open' | 'half-open'

const platformClock = { monotonic: () => performance.now() }

/** Counts failures in a row and stops sends while a service is down. */
export class FailureCountingBreaker implements CircuitBreaker {
  readonly #failureThreshold: number
  readonly #recoveryTimeoutMs: number
  readonly #halfOpenMaxCalls: number
  readonly #clock: Pick<Clock, 'monotonic'>
  #state: CircuitState = 'closed'
  #failures = 0
  #openedAt = 0
  #trials = 0
  #successes = 0
  #period = 0

  /** @throws ConfigurationError */
  constructor(options: CircuitBreakerOptions = {}) {
    checkNames(options, ['failureThreshold', 'recoveryTimeoutMs', 'halfOpenMaxCalls', 'clock'])
    const { failureThreshold = 5, recoveryTimeoutMs = 30_000, halfOpenMaxCalls = 3, clock = platformClock } = options
    checkCount('failureThreshold', failureThreshold, 1)
    checkDuration('recoveryTimeoutMs', recoveryTimeoutMs)
    checkCount('halfOpenMaxCalls', halfOpenMaxCalls, 1)
    checkMethods('clock', clock, ['monotonic'], 'a Clock')
    this.#failureThreshold = failureThreshold
    this.#recoveryTimeoutMs = recoveryTimeoutMs
    this.#halfOpenMaxCalls = halfOpenMaxCalls
    this.#clock = clock
  }

  /** As of now: an open breaker whose time is over is half-open. */
  get state(): CircuitState {
    return this.#state === 'open' && this.#remainingMs() <= 0 ? 'half-open' : this.#state
  }

  /** Grows with every change of its state. */
  get period(): number {
    return this.#period
  }

  admit(): number | undefined {
    if (this.#state === 'closed') return undefined
    if (this.#state === 'open') {
      const remainingMs = this.#remainingMs()
      if (remainingMs > 0) return Math.ceil(remainingMs)
      this.#enter('half-open')
      this.#trials = 0
      this.#successes = 0
    }
    if (this.#trials >= this.#halfOpenMaxCalls) return this.#recoveryTimeoutMs
    this.#trials++
    return undefined
  }

  /** `period`: that of the send's admission. What was admitted in another one comes late, and says nothing about now. @default the present one */
  record(outcome: 'success' | 'failure' | 'ignored', period: number = this.#period): void {
    if (period !== this.#period) return
    if (this.#state === 'half-open') this.#recordTrial(outcome)
    else if (outcome === 'success') this.#failures = 0
    else if (outcome === 'failure' && this.#state === 'closed' && ++this.#failures >= this.#failureThreshold) this.#open()
  }

  /** Closes it and forgets what was counted. */
  reset(): void {
    this.#enter('closed')
    this.#failures = 0
  }

  #recordTrial(outcome: 'success' | 'failure' | 'ignored'): void {
    if (outcome === 'failure') this.#open()
    else if (outcome === 'ignored') this.#trials = Math.max(0, this.#trials - 1)
    else if (++this.#successes >= this.#halfOpenMaxCalls) this.reset()
  }

  #enter(state: CircuitState): void {
    this.#state = state
    this.#period++
  }

  #open(): void {
    this.#enter('open')
    this.#openedAt = this.#clock.monotonic()
  }

  #remainingMs(): number {
    return this.#openedAt + this.#recoveryTimeoutMs - this.#clock.monotonic()
  }
}
