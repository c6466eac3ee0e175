import type { Clock } from './clock.ts'

/** What may take only so long. The limit that it is under keeps `since` and its neighbours. */
export interface Limited {
  /** When its time began, on the monotonic clock. */
  since: number
  earlier: Limited | undefined
  later: Limited | undefined
  expire(): void
}

/**
 * One length of time that many things at once are given, with one timer for all of them: they expire in the order in which they began, so only
 * the oldest has to be watched. A timer for each costs more than all else that a request does on the way to its transport.
 */
export class TimeLimit {
  readonly timeoutMs: number
  readonly #clock: Clock
  #oldest: Limited | undefined
  #newest: Limited | undefined
  #timer: unknown
  #isSet = false
  /** When the oldest is due for which the timer was set. */
  #dueAt = 0

  constructor(timeoutMs: number, clock: Clock) {
    this.timeoutMs = timeoutMs
    this.#clock = clock
  }

  start(limited: Limited): void {
    limited.since = this.#clock.monotonic()
    limited.earlier = this.#newest
    if (this.#newest === undefined) this.#oldest = limited
    else this.#newest.later = limited
    this.#newest = limited
    // A timer that is overdue may have gone with the fake timers under which it was set.
    if (!this.#isSet || limited.since > this.#dueAt) this.#watch(limited.since)
  }

  /** Harmless for what has expired, or was never started. */
  stop(limited: Limited): void {
    const { earlier, later } = limited
    if (earlier !== undefined) earlier.later = later
    else if (this.#oldest === limited) this.#oldest = later
    else return
    if (later !== undefined) later.earlier = earlier
    else this.#newest = earlier
    limited.earlier = undefined
    limited.later = undefined
    if (this.#oldest === undefined) this.#unset()
  }

  /** Sets the timer for the oldest. It keeps the process alive, because somebody waits for what it ends. */
  #watch(now: number): void {
    this.#unset()
    if (this.#oldest === undefined) return
    this.#dueAt = this.#oldest.since + this.timeoutMs
    // No more than was asked for: sums of fractions may round up, and a timer of more than 2^31-1 ms ends at once.
    const delayMs = Math.min(this.timeoutMs, Math.max(0, Math.ceil(this.#dueAt - now)))
    this.#isSet = true
    this.#timer = this.#clock.setTimeout(() => this.#expire(), delayMs, true)
  }

  #unset(): void {
    if (this.#isSet) this.#clock.clearTimeout(this.#timer)
    this.#isSet = false
  }

  #expire(): void {
    this.#isSet = false
    // The timer is right about what it was set for, whatever the clock says: they differ by less than a millisecond, or one is a fake.
    const now = Math.max(this.#clock.monotonic(), this.#dueAt)
    while (this.#oldest !== undefined && this.#oldest.since + this.timeoutMs - now < 1) {
      const limited = this.#oldest
      this.stop(limited)
      limited.expire()
    }
    if (!this.#isSet) this.#watch(now)
  }
}

/** The limits of one client, one for each length of time that is asked for. */
export class TimeLimits {
  readonly #clock: Clock
  readonly #limits = new Map<number, TimeLimit>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Undefined for 0, which means no limit. */
  of(timeoutMs: number): TimeLimit | undefined {
    if (timeoutMs === 0) return undefined
    const known = this.#limits.get(timeoutMs)
    if (known !== undefined) return known
    // Where each request has a limit of its own there is nothing to share.
    if (this.#limits.size >= mostLimits) return new TimeLimit(timeoutMs, this.#clock)
    const limit = new TimeLimit(timeoutMs, this.#clock)
    this.#limits.set(timeoutMs, limit)
    return limit
  }
}

const mostLimits = 100
