import type { Call } from './call.ts'
import type { Clock } from './clock.ts'
import { ClientClosedError } from './errors/client-state-errors.ts'
import { redactedRequest } from './redacted-request.ts'

/** The error of a call that is ended by closing its client. */
export function closedCall({ request, attempts }: Call): ClientClosedError {
  return new ClientClosedError(undefined, { request: redactedRequest(request), attempts })
}

/** The calls under way in a client and in the clients made from it; closing ends them all. */
export class CallRegistry {
  readonly #parent: CallRegistry | undefined
  /** One list for a client and all that were made from it, each call at the place that it knows: a set would have to hash every call. */
  readonly #calls: Call[]
  /** What is to be looked at whenever a call is over: closings that wait for the last. */
  readonly #closings: Set<() => void>
  #isClosed = false

  constructor(parent?: CallRegistry | undefined) {
    this.#parent = parent
    this.#calls = parent === undefined ? [] : parent.#calls
    this.#closings = parent === undefined ? new Set() : parent.#closings
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#parent?.isClosed === true
  }

  add(call: Call): void {
    call.registry = this
    call.place = this.#calls.push(call) - 1
  }

  /** Whether it is under way. */
  has(call: Call): boolean {
    return this.#calls[call.place] === call
  }

  delete(call: Call): void {
    if (!this.has(call)) return
    const last = this.#calls.pop()
    if (last !== undefined && last !== call) {
      this.#calls[call.place] = last
      last.place = call.place
    }
    if (this.#closings.size > 0) for (const look of this.#closings) look()
  }

  /** Lets nothing new in, ends waits at once, and sends after at most `graceMs`. Each closing ends them after its own: the shortest counts. */
  async close(graceMs: number, clock: Clock): Promise<void> {
    this.#isClosed = true
    for (const call of this.#own()) call.endWaits(call.failedWith(new ClientClosedError()))
    if (graceMs > 0 && this.#isBusy()) await this.#idle(graceMs, clock)
    for (const call of this.#own()) call.cancel(call.failedWith(closedCall(call)))
  }

  async #idle(graceMs: number, clock: Clock): Promise<void> {
    let timer: unknown
    let look = (): void => undefined
    await new Promise<void>((resolve) => {
      look = () => {
        if (!this.#isBusy()) resolve()
      }
      this.#closings.add(look)
      timer = clock.setTimeout(resolve, graceMs, true)
    })
    this.#closings.delete(look)
    clock.clearTimeout(timer)
  }

  /** Ends with the first that it finds: it is asked at the end of each call. */
  #isBusy(): boolean {
    return this.#calls.some((call) => call.registry?.isWithin(this) === true)
  }

  /** The calls of this client and of those that were made from it. */
  #own(): Call[] {
    return this.#calls.filter((call) => call.registry?.isWithin(this) === true)
  }

  /** Whether it is `other`, or of a client that was made from that one. */
  isWithin(other: CallRegistry): boolean {
    return this === other || this.#parent?.isWithin(other) === true
  }
}
