import { ConfigurationError } from './errors/configuration-error.ts'
import type { HttpMethod, HttpResponse } from './handler.ts'
import { checkCount, checkNames, checkSignal, checkType, kindOf } from './option-checks.ts'
import type { WriteOptions } from './request-options.ts'

/** One of many requests. */
export type RequestDescription = WriteOptions & { readonly method: HttpMethod; readonly url: string | URL }

/** How one of many requests ended. */
export type RequestOutcome =
  | { readonly index: number; readonly ok: true; readonly response: HttpResponse; readonly error?: undefined }
  | { readonly index: number; readonly ok: false; readonly response?: undefined; readonly error: unknown }

/** How many requests are sent. */
export interface RequestManyOptions {
  /** How many at a time. @default 5 */
  readonly concurrency?: number | undefined
  /** The first failure ends all others and is thrown. @default false */
  readonly failFast?: boolean | undefined
  /** Ends all of them. */
  readonly signal?: AbortSignal | undefined
}

/** Sends one request of a client; `leaving` ends it too, beside a signal of its own. */
export type SendOne = (description: RequestDescription, leaving: AbortSignal) => Promise<HttpResponse>

/**
 * Sends many requests, a few at a time, and yields how they ended in the order in which they did. Nothing is sent before the first
 * `next()`; leaving the loop aborts what was not yielded and starts no more.
 *
 * @throws ConfigurationError at once, if an option is wrong
 */
export function requestMany(
  send: SendOne,
  requests: Iterable<RequestDescription>,
  options: RequestManyOptions = {},
): AsyncGenerator<RequestOutcome, void, undefined> {
  checkType('options', options ?? null, 'object')
  checkRequestManyOptions(requests, options)
  return outcomes(send, requests, options)
}

async function* outcomes(
  send: SendOne,
  requests: Iterable<RequestDescription>,
  options: RequestManyOptions,
): AsyncGenerator<RequestOutcome, void, undefined> {
  const { concurrency = 5, failFast = false, signal } = options
  const waiting = requests[Symbol.iterator]()
  const done = new OutcomeQueue()
  /** What ends the requests that were not yielded yet; streams that were are the caller's, and end with `signal` alone. */
  const unyielded = new Map<number, AbortController>()
  const streams = new Set<AbortController>()
  const abortAll = (controllers: Iterable<AbortController>, reason: unknown): void => {
    for (const controller of controllers) controller.abort(reason)
  }
  const follow = (): void => abortAll([...unyielded.values(), ...streams], signal?.reason)
  let hasFailed = false
  signal?.addEventListener('abort', follow, { once: true })
  try {
    for (let index = 0; ; ) {
      signal?.throwIfAborted()
      while (unyielded.size < concurrency && !hasFailed) {
        const next = waiting.next()
        if (next.done === true) break
        const ending = new AbortController()
        unyielded.set(index, ending)
        void outcomeOf(send, next.value, index++, ending.signal).then((outcome) => {
          done.add(outcome)
          if (!failFast || outcome.ok) return
          // The others end at once, not only when the caller asks for this failure.
          hasFailed = true
          abortAll(unyielded.values(), outcome.error)
        })
      }
      if (unyielded.size === 0) return
      const outcome = await done.next()
      signal?.throwIfAborted()
      if (failFast && !outcome.ok) throw outcome.error
      const ending = unyielded.get(outcome.index)
      unyielded.delete(outcome.index)
      if (outcome.ok && outcome.response.body !== null && ending !== undefined) streams.add(ending)
      yield outcome
    }
  } finally {
    signal?.removeEventListener('abort', follow)
    waiting.return?.()
    if (unyielded.size > 0) abortAll(unyielded.values(), new DOMException('requestMany was left before its end', 'AbortError'))
  }
}

/** Outcomes in the order in which they came. */
class OutcomeQueue {
  readonly #outcomes: RequestOutcome[] = []
  #whenAdded: (() => void) | undefined

  add(outcome: RequestOutcome): void {
    this.#outcomes.push(outcome)
    this.#whenAdded?.()
  }

  async next(): Promise<RequestOutcome> {
    for (;;) {
      const outcome = this.#outcomes.shift()
      if (outcome !== undefined) return outcome
      await new Promise<void>((resolve) => {
        this.#whenAdded = resolve
      })
    }
  }
}

/** Never rejects: an outcome that nobody asks for any more must not be an unhandled rejection. */
async function outcomeOf(
  send: SendOne,
  description: RequestDescription,
  index: number,
  leaving: AbortSignal,
): Promise<RequestOutcome> {
  try {
    checkType(`requests[${index}]`, description ?? null, 'object')
    return { index, ok: true, response: await send(description, leaving) }
  } catch (error) {
    return { index, ok: false, error }
  }
}

function checkRequestManyOptions(requests: unknown, options: RequestManyOptions): void {
  if (typeof requests !== 'object' || requests === null || !(Symbol.iterator in requests)) {
    throw new ConfigurationError(`requestMany wants an iterable of requests (got ${kindOf(requests)})`, { option: 'requests' })
  }
  checkNames(options, new Set<keyof RequestManyOptions>(['concurrency', 'failFast', 'signal']))
  checkCount('concurrency', options.concurrency, 1)
  checkType('failFast', options.failFast, 'boolean')
  if (options.signal !== undefined) checkSignal('signal', options.signal)
}
