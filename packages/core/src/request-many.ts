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
 * `next()`; leaving the loop aborts what is in flight and starts no more.
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
  const leaving = new AbortController()
  const done = new OutcomeQueue()
  let runningCount = 0
  let isOver = false
  const follow = (): void => leaving.abort(signal?.reason)
  signal?.addEventListener('abort', follow, { once: true })
  try {
    signal?.throwIfAborted()
    for (let index = 0; ; ) {
      for (; runningCount < concurrency; runningCount++) {
        const next = waiting.next()
        if (next.done === true) break
        void outcomeOf(send, next.value, index++, leaving.signal).then((outcome) => {
          done.add(outcome)
          // The others end at once, not only when the caller asks for this failure.
          if (failFast && !outcome.ok) leaving.abort(outcome.error)
        })
      }
      if (runningCount === 0) {
        isOver = true
        return
      }
      const outcome = await done.next()
      runningCount--
      signal?.throwIfAborted()
      if (failFast && !outcome.ok) throw outcome.error
      yield outcome
    }
  } finally {
    signal?.removeEventListener('abort', follow)
    waiting.return?.()
    // What is over has at most streams left, which are the caller's to read.
    if (!isOver) leaving.abort(new DOMException('requestMany was left before its end', 'AbortError'))
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
