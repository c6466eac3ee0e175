import type { CallRegistry } from './call-registry.ts'
import type { CallSettings } from './call-settings.ts'
import type { Clock } from './clock.ts'
import type { FailedRequest, HttpClientError } from './errors/http-client-error.ts'
import type { TimeoutPhase } from './errors/transport-errors.ts'
import type { HttpMethod, HttpRequest, HttpResponse } from './handler.ts'
import { heedSignal } from './heed-signal.ts'
import { type Interruptible, Pause, Race } from './interruptible.ts'
import { type EncodedForm, encodeForm } from './multipart.ts'

/** A layer of the client's own: it is told which call a request belongs to. */
export type CallHandler = (request: HttpRequest, call: Call) => Promise<HttpResponse>

/** One call of the client, from its start to its end: what was decided for it, how often it was sent, and what can end it early. */
export class Call {
  readonly request: FailedRequest
  readonly settings: CallSettings
  readonly clock: Clock
  readonly startedAt: number
  /** How many times the request was sent. */
  attempts = 0
  /** How many of them because a token was rejected. */
  authRetries = 0
  /** The tokens that were sent, to whichever URL on the way of a send, where that is logged: any answer may repeat them, whoever gives it. */
  sentTokens: Set<string> | undefined
  /** True as soon as a redirect of the send under way is followed: whoever answered with it may have done what was asked. */
  wasRedirected = false
  /** True when a redirect has said where to look at what the send has done (303 and the like). */
  wasCarriedOut = false
  /** What was sent last, as the hooks have left it. */
  sent: { readonly method: HttpMethod; readonly isIdempotent: boolean } | undefined
  /** The waits before the sends after the first. */
  retryDelaysMs: number[] | undefined
  /** Why it was not sent again. */
  notRetried: string | undefined
  /** How long the call may take, if that is limited; and when it must be over, on the monotonic clock. */
  totalTimeoutMs: number | undefined
  deadline: number = Number.POSITIVE_INFINITY
  /** Where the call is entered while it is under way, and its place there. */
  registry: CallRegistry | undefined
  place = 0
  /** The error that this call made last: to no other does it add what it knows, because others may be in many hands. */
  failure: HttpClientError | undefined
  /** What it is being cancelled with, if it is. */
  cancellation: { readonly reason: unknown } | undefined
  #controller: AbortController | undefined
  #work: Interruptible | undefined
  #furtherWork: Set<Interruptible> | undefined
  #closing: { readonly error: unknown } | undefined
  #whenOver: (() => void) | undefined
  #openStreams = 0
  #form: { readonly form: FormData; readonly encoded: Promise<EncodedForm> } | undefined

  constructor(request: FailedRequest, settings: CallSettings, clock: Clock) {
    this.request = request
    this.settings = settings
    this.clock = clock
    this.startedAt = clock.monotonic()
  }

  /** Aborted when the whole call is over before its time. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  /** What hooks or middleware have given a request as its signal, in the place of the one above: it ends what is done for that request. */
  ownSignalOf({ signal }: HttpRequest): AbortSignal | undefined {
    return this.#controller === undefined || this.#controller.signal === signal ? undefined : signal
  }

  /** What is being waited for, as far as it is known. */
  get phase(): TimeoutPhase {
    return this.#running().find(({ phase }) => phase !== undefined)?.phase ?? (this.attempts === 0 ? 'token' : 'headers')
  }

  /** The same in words. */
  get awaited(): string | undefined {
    const running = this.#running()
    return (running.find(({ phase }) => phase !== undefined) ?? running[0])?.awaited
  }

  get elapsedMs(): number {
    return this.clock.monotonic() - this.startedAt
  }

  /** Takes in an error that was made for this call. */
  failedWith<E extends HttpClientError>(failure: E): E {
    this.failure = failure
    return failure
  }

  /** Ends everything that this call is doing, with `reason`. */
  cancel(reason: unknown): void {
    if (this.cancellation !== undefined) return
    this.cancellation = { reason }
    this.#controller?.abort(reason)
    for (const work of this.#running()) work.interrupt(reason)
  }

  /** The client is closing: what was sent may come to its end, but nothing is waited for any more. */
  endWaits(error: unknown): void {
    this.#closing = { error }
    for (const work of this.#running()) if (work.isWaiting) work.interrupt(error)
  }

  /** The call is rejected: nobody is there to read what it has opened. */
  endStreams(reason: unknown): void {
    for (const work of this.#running()) if (work.isStreaming === true) work.interrupt(reason)
  }

  /** @throws the reason, if the call was cancelled */
  throwIfCancelled(): void {
    if (this.cancellation !== undefined) throw this.cancellation.reason
    if (this.#closing !== undefined && this.attempts > 0) throw this.#closing.error
  }

  join(work: Interruptible): void {
    if (this.#work === undefined) this.#work = work
    else this.#furtherWork = (this.#furtherWork ?? new Set()).add(work)
    if (this.cancellation !== undefined) work.interrupt(this.cancellation.reason)
  }

  leave(work: Interruptible): void {
    if (this.#work === work) this.#work = undefined
    else this.#furtherWork?.delete(work)
  }

  /** Nearly always one thing at a time: only middleware can make it more. */
  #running(): readonly Interruptible[] {
    return [...(this.#work === undefined ? [] : [this.#work]), ...(this.#furtherWork ?? [])]
  }

  /** Waits, and keeps the process alive meanwhile, because somebody waits for what comes after. */
  async pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    this.throwIfCancelled()
    if (delayMs <= 0) return
    const pause = new Pause(this.clock, delayMs)
    this.join(pause)
    const stopHeeding = signal && heedSignal(signal, pause)
    try {
      await pause.over
    } finally {
      stopHeeding?.()
      this.leave(pause)
    }
  }

  /** Waits for something of the user's that cannot be interrupted. */
  async race<T>(work: PromiseLike<T>, phase?: TimeoutPhase): Promise<T> {
    const race = new Race(work, phase)
    this.join(race)
    try {
      return await race.over
    } finally {
      this.leave(race)
    }
  }

  /** The encoded form; the same bytes for the same form, however often it is sent. */
  encodedForm(form: FormData): Promise<EncodedForm> {
    if (this.#form?.form !== form) this.#form = { form, encoded: encodeForm(form) }
    return this.#form.encoded
  }

  /** A body is still being read: the call goes on after its promise was resolved. */
  streamOpened(): void {
    this.#openStreams++
  }

  streamClosed(): void {
    this.#openStreams--
    if (this.#openStreams > 0) return
    this.#whenOver?.()
    this.#whenOver = undefined
  }

  /** The call's promise is settled: calls back when no stream of it is open any more, and tells whether that is now. */
  settled(whenOver: () => void): boolean {
    const isOver = this.#openStreams === 0
    if (isOver) whenOver()
    else this.#whenOver = whenOver
    return isOver
  }
}
