import { ConfigurationError } from './errors/configuration-error.ts'
import type { HttpMethod, HttpResponse } from './handler.ts'
import { Iteration } from './iteration.ts'
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
  /** Ends all of them, streams that were yielded included, also when the loop is over. */
  readonly signal?: AbortSignal | undefined
}

/** What ends a request, beside a signal of its own. */
export type Signals = readonly (AbortSignal | undefined)[]

/** Sends one request of a client. */
export type SendOne = (description: RequestDescription, signals: Signals) => Promise<HttpResponse>

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
  const waiting = new Iteration(requests)
  const done = new OutcomeQueue()
  const unyielded = new Set<AbortController>()
  const running = new Set<AbortController>()
  let hasFailed = false
  let isThrowing = false
  const start = (description: RequestDescription, index: number): void => {
    const ending = new AbortController()
    unyielded.add(ending)
    running.add(ending)
    void outcomeOf(send, description, index, [ending.signal, signal]).then((outcome) => {
      running.delete(ending)
      done.add({ outcome, ending })
      if (!failFast || outcome.ok) return
      // The others end at once, not only when the caller asks for this failure; what came before it is the caller's.
      hasFailed = true
      abortAll(running, outcome.error)
    })
  }
  try {
    for (let index = 0; ; ) {
      throwIfAborted(signal)
      while (unyielded.size < concurrency && !hasFailed) {
        const next = waiting.next()
        if (next === undefined) break
        start(next[0], index++)
      }
      if (unyielded.size === 0) return
      const { outcome, ending } = await done.next()
      throwIfAborted(signal)
      if (failFast && !outcome.ok) throw outcome.error
      unyielded.delete(ending)
      yield outcome
    }
  } catch (error) {
    isThrowing = true
    throw error
  } finally {
    if (unyielded.size > 0) abortAll(unyielded, new DOMException('requestMany was left before its end', 'AbortError'))
    waiting.leave(isThrowing)
  }
}

function abortAll(endings: Iterable<AbortController>, reason: unknown): void {
  for (const ending of endings) ending.abort(reason)
}

/** Not the signal's own method: signals of other libraries may have none. */
function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason
}

/** How a request ended, and what ends its stream. */
interface Done {
  readonly outcome: RequestOutcome
  readonly ending: AbortController
}

/** Outcomes in the order in which they came. */
class OutcomeQueue {
  readonly #outcomes: Done[] = []
  #whenAdded: (() => void) | undefined

  add(outcome: Done): void {
    this.#outcomes.push(outcome)
    this.#whenAdded?.()
  }

  async next(): Promise<Done> {
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
  signals: Signals,
): Promise<RequestOutcome> {
  try {
    checkType(`requests[${index}]`, description ?? null, 'object')
    return { index, ok: true, response: await send(description, signals) }
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
