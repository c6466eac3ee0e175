import type { Call } from './call.ts'
import type { Clock } from './clock.ts'
import { ClientClosedError } from './errors/client-state-errors.ts'

/** The calls under way in a client and in the clients made from it; closing ends them all. */
export class CallRegistry {
  readonly #parent: CallRegistry | undefined
  readonly #calls = new Set<Call>()
  #isClosed = false
  #whenIdle: (() => void) | undefined

  constructor(parent?: CallRegistry | undefined) {
    this.#parent = parent
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#parent?.isClosed === true
  }

  add(call: Call): void {
    this.#calls.add(call)
    this.#parent?.add(call)
  }

  delete(call: Call): void {
    this.#calls.delete(call)
    this.#parent?.delete(call)
    if (this.#calls.size === 0) this.#whenIdle?.()
  }

  /** Lets nothing new in, ends waits at once, and sends after at most `graceMs`. */
  async close(graceMs: number, clock: Clock): Promise<void> {
    this.#isClosed = true
    for (const call of this.#calls) call.endWaits(new ClientClosedError())
    if (graceMs > 0 && this.#calls.size > 0) await this.#idle(graceMs, clock)
    for (const call of this.#calls) call.cancel(new ClientClosedError())
  }

  async #idle(graceMs: number, clock: Clock): Promise<void> {
    let timer: unknown
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve
      timer = clock.setTimeout(resolve, graceMs, true)
    })
    clock.clearTimeout(timer)
  }
}
