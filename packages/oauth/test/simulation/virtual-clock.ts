import type { Clock } from '@requestforge/core'
import type { EventOwner, ScheduledEvent, Scheduler } from './scheduler.ts'

/** When the simulated world begins, in milliseconds since the epoch. */
export const epoch = 1_800_000_000_000

/** The clocks of one process: its wall clock may be wrong and may be set, its monotonic clock started when the process did. */
export class VirtualClock implements Clock {
  readonly #scheduler: Scheduler
  readonly #owner: EventOwner
  readonly #bornAt: number
  /** How far the wall clock is ahead of true time, in milliseconds. */
  offsetMs: number
  readonly timers: Set<ScheduledEvent> = new Set()

  constructor(scheduler: Scheduler, owner: EventOwner, offsetMs: number) {
    this.#scheduler = scheduler
    this.#owner = owner
    this.#bornAt = scheduler.now
    this.offsetMs = offsetMs
  }

  now(): number {
    return epoch + this.#scheduler.now + this.offsetMs
  }

  monotonic(): number {
    return this.#scheduler.now - this.#bornAt + 1_000
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    if (!(delayMs >= 0 && delayMs <= 2_147_483_647)) throw new RangeError(`a timer of ${delayMs} ms`)
    const timer = this.#scheduler.after(delayMs, this.#owner, () => {
      this.timers.delete(timer)
      callback()
    })
    this.timers.add(timer)
    return timer
  }

  clearTimeout(handle: unknown): void {
    // Only what `setTimeout` gave is in the set.
    const timer = handle as ScheduledEvent
    if (this.timers.delete(timer)) timer.cancelled = true
  }

  /** True time of a point on this wall clock, as of now. */
  toTrue(wall: number): number {
    return wall - epoch - this.offsetMs
  }

  /** A true point in time on this wall clock, as of now. */
  toWall(at: number): number {
    return epoch + at + this.offsetMs
  }
}
