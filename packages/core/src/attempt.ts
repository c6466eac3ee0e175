import type { Call } from './call.ts'
import type { TimeoutPhase } from './errors/transport-errors.ts'
import { heedSignal } from './heed-signal.ts'
import type { Interruptible } from './interruptible.ts'
import type { Limited } from './time-limit.ts'
import { timeoutError, waitedFor } from './timeout-error.ts'
import type { ExchangeControl, Stoppable } from './transport/transport.ts'

/** One send and its time limit: the wait for a token, the connection, the headers and the body. */
export class Attempt implements ExchangeControl, Interruptible, Limited {
  phase: TimeoutPhase = 'token'
  status: number | undefined
  interrupted = false
  /** What it waits for before it is sent, in words, where that is no token. */
  waitsFor: string | undefined
  /** Whether its body is still being read: then the attempt outlives its send. */
  isStreaming = false
  reason: unknown
  since = 0
  earlier: Limited | undefined
  later: Limited | undefined
  #exchange: Stoppable | undefined
  #stopHeeding: (() => void) | undefined
  readonly #call: Call

  get isWaiting(): boolean {
    return this.phase === 'token'
  }

  get exchange(): Stoppable | undefined {
    return this.#exchange
  }

  /** Whoever takes over an attempt that was interrupted already is stopped at once: no interruption is lost between two steps. */
  set exchange(exchange: Stoppable | undefined) {
    this.#exchange = exchange
    if (this.interrupted) exchange?.stop(this.reason)
  }

  get awaited(): string {
    return this.waitsFor ?? waitedFor[this.phase]
  }

  get timeoutMs(): number {
    return this.#call.settings.timeLimit?.timeoutMs ?? 0
  }

  constructor(call: Call) {
    this.#call = call
    this.startTimer()
    call.join(this)
  }

  /** Waits for something that may ignore its signal. */
  wait<T>(start: (signal: AbortSignal) => PromiseLike<T>): Promise<T> {
    const controller = new AbortController()
    return new Promise((resolve, reject) => {
      if (this.interrupted) return reject(this.reason)
      this.exchange = {
        stop: (reason) => {
          reject(reason)
          controller.abort(reason)
        },
      }
      start(controller.signal).then(resolve, reject)
    })
  }

  /** Ends with this signal, too. */
  heed(signal: AbortSignal): void {
    const earlier = this.#stopHeeding
    const stop = heedSignal(signal, this)
    this.#stopHeeding = () => {
      earlier?.()
      stop()
    }
  }

  interrupt(reason: unknown): void {
    if (this.interrupted) return
    this.interrupted = true
    this.reason = reason
    this.#exchange?.stop(reason)
  }

  /** Opens a fresh window: for each send, and for each chunk of a streamed body. */
  startTimer(): void {
    this.#call.settings.timeLimit?.start(this)
  }

  stopTimer(): void {
    this.#call.settings.timeLimit?.stop(this)
  }

  end(): void {
    this.stopTimer()
    this.#stopHeeding?.()
    this.#exchange = undefined
    this.#call.leave(this)
  }

  expire(): void {
    if (this.interrupted) return
    const { clock, attempts, request } = this.#call
    const { phase, awaited, timeoutMs } = this
    const elapsedMs = clock.monotonic() - this.since
    const error = timeoutError(request, 'timeoutMs', awaited, { phase, timeoutMs, elapsedMs, attempts })
    this.interrupt(this.#call.failedWith(error))
  }
}
