import type { Clock } from './clock.ts'

/** Retries that may be made at once, before any request has earned one. */
const reserve = 500
/** What each call earns: in the long run at most every fifth request is a retry. */
const earnedByCall = 0.2
/** What passing time gives back, so that a client with few requests may always retry. */
const earnedBySecond = 10

/** Keeps the retries of one client from multiplying the load of a service that is down: they are saved up, and spent one by one. */
export class RetryBudget {
  readonly #clock: Clock
  #balance = reserve
  #countedAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#countedAt = clock.monotonic()
  }

  /** A call has begun. */
  earn(): void {
    this.#balance = Math.min(reserve, this.#balance + earnedByCall)
  }

  /** @returns false if there is nothing left: then what failed is not tried again */
  spend(): boolean {
    const now = this.#clock.monotonic()
    this.#balance = Math.min(reserve, this.#balance + ((now - this.#countedAt) / 1_000) * earnedBySecond)
    this.#countedAt = now
    if (this.#balance < 1) return false
    this.#balance--
    return true
  }
}
