import { transientDelayMs } from './failure-memory.ts'
import { dropHeldAccess, holdToken } from './hold-token.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { KeepAnswer, Unsaved } from './renewal-turn.ts'

/** What a storage could not take: tried again in the background until it is there, or something newer is. */
export class UnsavedToken {
  readonly #site: RenewalSite
  #unsaved: Unsaved
  #attempt = 0
  #timer: unknown
  #cancelled = false
  #saving = false

  /** True for a token that the storage does not have yet, false for an invalidation that it missed. */
  readonly isToken: boolean

  constructor(site: RenewalSite, unsaved: Unsaved, isToken: boolean) {
    this.#site = site
    this.isToken = isToken
    this.#unsaved = unsaved
    this.#schedule()
  }

  /** Not needed any more. */
  cancel(): void {
    this.#cancelled = true
    this.#site.clock.clearTimeout(this.#timer)
    this.#unsaved.abandon?.()
    if (this.#site.slot.unsaved === this) this.#site.slot.unsaved = undefined
  }

  /** The storage has given a sign of life: tries as soon as it may be asked again. */
  hurry(): void {
    this.#attempt = 0
    if (this.#saving) return
    this.#site.clock.clearTimeout(this.#timer)
    this.#schedule()
  }

  /** Tries for the last time, also where the storage is to be left alone after a failure: it may have passed. Never rejects. */
  saveForGood(): Promise<void> {
    this.#site.guard.endPause()
    return this.save()
  }

  /** Tries now; never rejects. */
  async save(): Promise<void> {
    this.#site.clock.clearTimeout(this.#timer)
    this.#saving = true
    try {
      const answer = await this.#unsaved.retry()
      if (this.#cancelled) return
      if (answer.kind !== 'unsaved') return this.#saved(answer)
      this.#unsaved = answer
    } catch {
      if (this.#cancelled) return
      // A misconfiguration, which has been told as an event: nobody waits here.
    } finally {
      this.#saving = false
    }
    this.#schedule()
  }

  #schedule(): void {
    this.#attempt += 1
    const { clock, random, guard } = this.#site
    // Two tries may be on their way, the last one at `close()` and one before it.
    clock.clearTimeout(this.#timer)
    const pauseMs = this.#unsaved.isUrgent === true ? 0 : guard.pauseMs
    const delayMs = Math.max(1, transientDelayMs(this.#attempt, random), pauseMs)
    this.#timer = clock.setTimeout(() => void this.save(), delayMs)
  }

  #saved(answer: Exclude<KeepAnswer, { kind: 'unsaved' }>): void {
    const { slot, events } = this.#site
    this.cancel()
    if (slot.held === undefined || answer.kind === 'forgotten') return
    if (answer.kind === 'kept') {
      slot.hold({ ...slot.held, version: answer.version })
    } else if (answer.stored === undefined) {
      dropHeldAccess(this.#site)
    } else {
      holdToken(this.#site, answer.stored)
      events.emit('adopted', { version: answer.stored.version })
    }
  }
}
