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
  /** What the timer was set for. */
  #watched: Limited | undefined
  #timer: unknown

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
    if (this.#watched === undefined) this.#watch(limited, this.timeoutMs)
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
    if (this.#oldest === undefined && this.#watched !== undefined) this.#unwatch()
  }

  /** The timer keeps the process alive, because somebody waits for what it ends. */
  #watch(oldest: Limited, delayMs: number): void {
    this.#watched = oldest
    this.#timer = this.#clock.setTimeout(() => this.#expire(), delayMs, true)
  }

  #unwatch(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#watched = undefined
  }

  #expire(): void {
    const watched = this.#watched
    this.#watched = undefined
    // For what the timer was set for it is right, whatever the clock says: they may differ by a fraction of a millisecond.
    if (watched !== undefined && watched === this.#oldest) this.#end(watched)
    while (this.#oldest !== undefined && this.#remainingMs(this.#oldest) <= 0) this.#end(this.#oldest)
    if (this.#oldest !== undefined && this.#watched === undefined)
      this.#watch(this.#oldest, Math.ceil(this.#remainingMs(this.#oldest)))
  }

  #end(limited: Limited): void {
    this.stop(limited)
    limited.expire()
  }

  #remainingMs({ since }: Limited): number {
    return since + this.timeoutMs - this.#clock.monotonic()
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
