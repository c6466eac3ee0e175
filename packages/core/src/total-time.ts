import type { Call } from './call.ts'
import { timeoutError } from './timeout-error.ts'

/** The time that a call has for all its sends and waits. */
export class TotalTime {
  readonly #call: Call
  readonly #timeoutMs: number
  #timer: unknown

  constructor(call: Call, timeoutMs: number) {
    this.#call = call
    this.#timeoutMs = timeoutMs
    call.totalTimeoutMs = timeoutMs
    call.deadline = call.startedAt + timeoutMs
    this.#start(true)
  }

  /** The call's promise is settled, and only a stream is open: the process need not stay for it if nobody reads it. */
  letProcessEnd(): void {
    this.stop()
    this.#start(false)
  }

  stop(): void {
    this.#call.clock.clearTimeout(this.#timer)
  }

  #start(keepsAlive: boolean): void {
    const { clock, deadline } = this.#call
    // No more than was asked for: sums of fractions may round up, and a timer of more than 2^31-1 ms ends at once.
    const remainingMs = Math.min(this.#timeoutMs, Math.max(0, Math.ceil(deadline - clock.monotonic())))
    this.#timer = clock.setTimeout(() => this.#expire(), remainingMs, keepsAlive)
  }

  #expire(): void {
    const call = this.#call
    const { attempts, elapsedMs, phase, awaited } = call
    const details = { phase, timeoutMs: this.#timeoutMs, elapsedMs, attempts }
    call.cancel(call.failedWith(timeoutError(call.request, 'totalTimeoutMs', awaited, details)))
  }
}
