import type { Clock } from '@requestforge/core'
import { waitFor } from './abortable-wait.ts'
import type { RenewalFailure } from './renewal-failure.ts'
import type { Token } from './token.ts'

/** Why a renewal was started. */
export type RenewalReason = 'missing' | 'expired' | 'due' | 'rejected' | 'forced'

/** How a renewal ended for those who wait. */
export type FlightOutcome =
  /** `minted`: since the flight began, and not found somewhere. */
  | { readonly token: Token; readonly minted?: boolean; readonly failure?: undefined }
  /**
   * `refused`: by what is remembered, without a question to the provider. `unstored`: there is a new token, but who waited for it has to hear
   * that the storage is misconfigured.
   */
  | { readonly token?: undefined; readonly failure: RenewalFailure; readonly refused?: boolean; readonly unstored?: boolean }

/** What a flight begins with. */
export type FlightStart = Pick<Flight, 'reason' | 'unwanted' | 'anew' | 'generation' | 'startedAt'>

/** How long waiters wait. */
export interface FlightDeadline {
  readonly clock: Clock
  readonly limitMs: number
  readonly timeUp: () => RenewalFailure
}

/** The one renewal of a token that all callers of this process share. It never rejects: each waiter makes its own error of the outcome. */
export class Flight {
  readonly reason: RenewalReason
  /** Which generation of the token it renews: an invalidation meanwhile makes its result nobody's but the waiters'. */
  generation: number
  readonly startedAt: number
  /** The access token that it was started to replace. */
  readonly unwanted: string | undefined
  /** True if it takes no stored token that was not offered as newer. */
  readonly anew: boolean
  /** Settles once: with the result, or when the waiters are released. */
  readonly outcome: Promise<FlightOutcome>
  /** Resolves when the last of the work is done, a late commit included. */
  readonly ended: Promise<void>
  #resolveOutcome: (outcome: FlightOutcome) => void = () => undefined
  #resolveEnded: () => void = () => undefined
  readonly #stop = new AbortController()
  #released: RenewalFailure | undefined
  #spending = false
  readonly #deadline: FlightDeadline
  #timer: unknown
  #waiters = 0
  #settled = false

  constructor(start: FlightStart, deadline: FlightDeadline) {
    this.#deadline = deadline
    this.reason = start.reason
    this.unwanted = start.unwanted
    this.anew = start.anew
    this.generation = start.generation
    this.startedAt = start.startedAt
    this.outcome = new Promise((resolve) => {
      this.#resolveOutcome = resolve
    })
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
    this.#arm()
  }

  /** Aborted when nobody needs the work any more; what a refresh token was sent for does not listen to it. */
  get stopSignal(): AbortSignal {
    return this.#stop.signal
  }

  /** Why the waiters were sent away while the work goes on; undefined as long as they may wait. */
  get released(): RenewalFailure | undefined {
    return this.#released
  }

  /** True while a refresh token is on its way. */
  get isSpending(): boolean {
    return this.#spending
  }

  /** A refresh token is on its way: from here on nothing stops the work. */
  beginSpending(): void {
    this.#spending = true
  }

  endSpending(): void {
    this.#spending = false
  }

  /** Waits for the outcome, until `signal` says stop. As long as anybody waits the process does not end before he has been answered. */
  async wait(signal: AbortSignal | undefined): Promise<FlightOutcome> {
    this.#waiters += 1
    if (this.#waiters === 1) this.#arm()
    try {
      return await waitFor(this.outcome, signal)
    } finally {
      this.#waiters -= 1
      if (this.#waiters === 0) this.#arm()
    }
  }

  settle(outcome: FlightOutcome): void {
    this.#settled = true
    this.#resolveOutcome(outcome)
  }

  /** Sends the waiters away. Work that may be stopped is stopped. */
  release(failure: RenewalFailure): void {
    this.#released = failure
    this.#deadline.clock.clearTimeout(this.#timer)
    this.#resolveOutcome({ failure })
    if (!this.#spending) this.#stop.abort(failure.error)
  }

  end(): void {
    this.#deadline.clock.clearTimeout(this.#timer)
    this.#resolveEnded()
  }

  /** What only the background waits for keeps no process alive. */
  #arm(): void {
    const { clock, limitMs, timeUp } = this.#deadline
    clock.clearTimeout(this.#timer)
    if (this.#settled || this.#released !== undefined) return
    const restMs = Math.max(0, this.startedAt + limitMs - clock.monotonic())
    this.#timer = clock.setTimeout(() => this.release(timeUp()), restMs, this.#waiters > 0)
  }
}
