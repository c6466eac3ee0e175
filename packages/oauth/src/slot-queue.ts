import type { Clock } from '@requestforge/core'
import { TokenSlot } from './token-slot.ts'

/** How many entries there may be, and for how long they may lie idle. */
export interface SlotQueueLimits {
  readonly maxEntries: number
  readonly idleMs: number
}

/** A round through all entries is made in so many steps, in the time that an entry may lie idle. */
const stepsPerRound = 64

/**
 * The states of many tokens, bounded. A use costs one number written; who was used lately gets a second chance when somebody has
 * to go. One timer for all of them looks for idle ones, a part at a time.
 */
export class SlotQueue {
  readonly #clock: Clock
  readonly #limits: SlotQueueLimits
  readonly #slots: Map<string, TokenSlot> = new Map()
  #hand: Iterator<TokenSlot> | undefined
  #round: Iterator<TokenSlot> | undefined
  #perStep = 0
  #timer: unknown

  constructor(clock: Clock, limits: SlotQueueLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#slots.size
  }

  /** The subject's state, new if there was none. */
  take(subject: string): TokenSlot {
    const known = this.#slots.get(subject)
    if (known !== undefined) return known
    while (this.#slots.size >= this.#limits.maxEntries && this.#dropOne());
    const slot = new TokenSlot(subject)
    slot.seenAt = this.#clock.monotonic()
    slot.usedAt = slot.seenAt
    this.#slots.set(subject, slot)
    this.#timer ??= this.#schedule()
    return slot
  }

  /** Empties the queue. Returns those that have work to end. */
  clear(): readonly TokenSlot[] {
    this.#clock.clearTimeout(this.#timer)
    const busy = [...this.#slots.values()].filter((slot) => !slot.idle || slot.unsubscribe !== undefined)
    for (const slot of this.#slots.values()) this.#drop(slot, busy.includes(slot))
    return busy
  }

  /**
   * The hand of a clock goes round: who was used since it last came by is left, the next one goes. False when everybody is at work: then
   * there are more than the limit for a moment.
   */
  #dropOne(): boolean {
    for (let looked = 2 * this.#slots.size + 2; looked > 0; looked -= 1) {
      this.#hand ??= this.#slots.values()
      const next = this.#hand.next()
      if (next.done === true) {
        this.#hand = undefined
      } else if (next.value.idle && next.value.usedAt <= next.value.seenAt) {
        this.#drop(next.value)
        return true
      } else {
        next.value.seenAt = this.#clock.monotonic()
      }
    }
    return false
  }

  #drop(slot: TokenSlot, hasWork = false): void {
    slot.dropped = true
    if (!hasWork) {
      slot.cancelLook?.()
      slot.unsubscribe?.()
    }
    if (slot.subject !== undefined) this.#slots.delete(slot.subject)
  }

  #schedule(): unknown {
    return this.#clock.setTimeout(() => this.#step(), Math.max(1, Math.ceil(this.#limits.idleMs / stepsPerRound)))
  }

  /** Looks at one part of the entries. A `Map` may change while it is walked through. */
  #step(): void {
    const now = this.#clock.monotonic()
    if (this.#round === undefined) {
      this.#round = this.#slots.values()
      this.#perStep = Math.ceil(this.#slots.size / stepsPerRound)
    }
    for (let looked = 0; looked < this.#perStep && this.#round !== undefined; looked += 1) {
      const next = this.#round.next()
      if (next.done === true) this.#round = undefined
      else if (next.value.idle && now - next.value.usedAt >= this.#limits.idleMs) this.#drop(next.value)
    }
    this.#timer = this.#slots.size > 0 ? this.#schedule() : undefined
  }
}
