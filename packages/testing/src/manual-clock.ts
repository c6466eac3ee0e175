import type { Clock } from '@requestforge/core'
import { ConfigurationError } from '@requestforge/core/errors'
import { longestDelayMs } from '@requestforge/core/option-hints'
import { checkDuration, checkOptions, kindOf } from './option-checks.ts'
import { settle } from './settle.ts'
import { type OrderedTimer, TimerRounds } from './timer-rounds.ts'

/** Options of `ManualClock`. */
export interface ManualClockOptions {
  /** Where it starts, in milliseconds since the epoch. @default Date.now() */
  readonly now?: number | undefined
}

interface Timer extends OrderedTimer {
  readonly callback: () => void
}

/**
 * Time that moves only when a test says so; given as `clock` to whatever takes one.
 *
 * @example
 * const clock = new ManualClock({ now: Date.UTC(2030, 0, 1) })
 * const tokenManager = new TokenManager({ provider: new MockTokenProvider({ clock }), clock })
 * await clock.advance(3_600_000)
 */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>()
  #wall: number
  #monotonic = 0
  #order = 0
  #advancing: Promise<void> = Promise.resolve()

  /** @throws ConfigurationError */
  constructor(options: ManualClockOptions = {}) {
    checkOptions('ManualClock', options, ['now'])
    const { now = Date.now() } = options
    checkMilliseconds('now', now, ' since the epoch')
    this.#wall = now
  }

  now(): number {
    return this.#wall
  }

  monotonic(): number {
    return this.#monotonic
  }

  /**
   * @throws RangeError for a delay at which a platform's timer would fire at once: NaN, or more than 2^31-1
   * @throws ConfigurationError if `callback` is no function, or `delayMs` no number
   */
  setTimeout(callback: () => void, delayMs: number): unknown {
    checkCallback(callback)
    if (Number.isNaN(delayMs) || delayMs > longestDelayMs) throw new RangeError(`no timer can wait ${delayMs} ms`)
    checkMilliseconds('delayMs', delayMs)
    const timer: Timer = { dueAt: this.#monotonic + Math.max(0, delayMs), order: this.#order++, callback }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(handle: unknown): void {
    // Whatever is no timer of this clock is not in the set either.
    this.#timers.delete(handle as Timer)
  }

  /** In how many milliseconds each pending timer is due, soonest first. */
  get pendingTimers(): readonly number[] {
    return [...this.#timers].map(({ dueAt }) => dueAt - this.#monotonic).sort((a, b) => a - b)
  }

  /** Resolves when the clock has moved on by `delayMs`. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.setTimeout(resolve, delayMs)
    })
  }

  /**
   * Moves time on by `ms`. Timers fire in the order in which they are due, each at its own time, and everything that waits for nothing but
   * its turn runs before, between and after them: promises, not sockets. Timers set on the way fire too, if they are due by then.
   *
   * Advances that overlap are made one after the other. What a timer throws, `advance` rejects with.
   *
   * @throws ConfigurationError unless `ms` is a whole number from 0 to 2^31-1
   */
  advance(ms: number): Promise<void> {
    checkMilliseconds('ms', ms)
    checkDuration('ms', ms)
    const advanced = this.#advancing.then(() => this.#advance(ms))
    // The next advance goes on from where this one got to, whoever looks after its error.
    this.#advancing = advanced.catch(() => undefined)
    return advanced
  }

  /** Sets the wall clock forward or, with a negative number, back, as an administrator or NTP would; timers and `monotonic()` do not notice. @throws ConfigurationError */
  jump(ms: number): void {
    checkMilliseconds('ms', ms)
    this.#wall += ms
  }

  async #advance(ms: number): Promise<void> {
    const until = this.#monotonic + ms
    const rounds = new TimerRounds()
    await settle()
    for (let next = this.#next(); next !== undefined && next.dueAt <= until; next = this.#next()) {
      rounds.add(next, this.#order)
      this.#passTo(next.dueAt)
      this.#timers.delete(next)
      next.callback()
      await settle()
    }
    this.#passTo(until)
  }

  #passTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic
    this.#monotonic = monotonic
  }

  #next(): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) if (next === undefined || isBefore(timer, next)) next = timer
    return next
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order)
}

function checkMilliseconds(option: string, value: unknown, since = ''): void {
  if (typeof value === 'number' && Number.isFinite(value)) return
  throw new ConfigurationError(`${option} must be a number of milliseconds${since} (got ${kindOf(value)})`, { option })
}

function checkCallback(callback: unknown): void {
  if (typeof callback === 'function') return
  throw new ConfigurationError(`callback must be a function (got ${kindOf(callback)})`, { option: 'callback' })
}
