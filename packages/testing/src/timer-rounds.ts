/** What orders timers. */
export interface OrderedTimer {
  /** On the monotonic clock, in milliseconds. */
  readonly dueAt: number
  /** How many timers were set before it. */
  readonly order: number
}

const mostRounds = 1_000

/**
 * Counts timers that are set by timers, and by those, within one millisecond: however many wait at once, that many rounds mean that one sets
 * itself anew, for ever. It is told of before a test runner loses patience.
 */
export class TimerRounds {
  #since = 0
  #count = 0
  /** Timers from this one on are of the next round. */
  #end = 0

  /** @param timersSet how many there were so far */
  add({ dueAt, order }: OrderedTimer, timersSet: number): void {
    if (dueAt >= this.#since + 1) {
      this.#since = dueAt
      this.#count = 0
      this.#end = timersSet
    }
    if (order < this.#end) return
    this.#end = timersSet
    this.#count++
    if (this.#count > mostRounds) throw new Error(`a timer sets itself anew at once: ${mostRounds} times within 1 ms`)
  }
}
