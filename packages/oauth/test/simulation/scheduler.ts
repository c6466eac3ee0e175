import type { SeededRandom } from './seeded-random.ts'

/** Whose continuation an event is: what is dead never goes on, what is stalled goes on later. */
export interface EventOwner {
  readonly alive: boolean
  readonly stalledUntil: number
}

/** One thing that will happen. */
export interface ScheduledEvent {
  at: number
  readonly order: number
  readonly owner: EventOwner | undefined
  readonly happen: () => void
  cancelled: boolean
}

/**
 * Virtual time and the order of everything: each answer, notice and timer of the simulated world is an event here. Events of one
 * millisecond happen in a seeded order; all promises settle between two events.
 */
export class Scheduler {
  /** Milliseconds since the world began. */
  now = 0
  steps = 0
  readonly #random: SeededRandom
  readonly #heap: ScheduledEvent[] = []

  constructor(random: SeededRandom) {
    this.#random = random
  }

  after(delayMs: number, owner: EventOwner | undefined, happen: () => void): ScheduledEvent {
    const event = { at: this.now + Math.max(0, Math.ceil(delayMs)), order: this.#random.next(), owner, happen, cancelled: false }
    this.#push(event)
    return event
  }

  /** Runs until `until`, or until `isOver` after a step. */
  async run(until: number, isOver: () => boolean): Promise<void> {
    for (;;) {
      const event = this.#heap[0]
      if (event === undefined || event.at > until) break
      this.#pop()
      if (event.cancelled || event.owner?.alive === false) continue
      if (event.owner !== undefined && event.owner.stalledUntil > event.at) {
        event.at = event.owner.stalledUntil
        this.#push(event)
        continue
      }
      this.now = Math.max(this.now, event.at)
      this.steps += 1
      event.happen()
      // Nobody's event is the servers' own: no promise of the system under test hangs on it.
      if (event.owner !== undefined) await promisesSettle()
      if (isOver()) return
    }
    this.now = Math.max(this.now, until)
  }

  #push(event: ScheduledEvent): void {
    const heap = this.#heap
    let index = heap.push(event) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !isBefore(event, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = event
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      const left = heap[child]
      const right = heap[child + 1]
      if (left === undefined) break
      let least = left
      if (right !== undefined && isBefore(right, left)) {
        child += 1
        least = right
      }
      if (!isBefore(least, last)) break
      heap[index] = least
      index = child
    }
    heap[index] = last
  }
}

function isBefore(one: ScheduledEvent, other: ScheduledEvent): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}

/** Every promise that can go on has gone on when this resolves, and unhandled rejections have been told. */
function promisesSettle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
