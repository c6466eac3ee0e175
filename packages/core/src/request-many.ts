import { ConfigurationError } from './errors/configuration-error.ts'
import type { HttpMethod, HttpResponse, ResponsePromise } from './handler.ts'
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

/** The part of a client that is needed here. */
export interface RequestSender {
  request(method: HttpMethod, url: string | URL, options?: WriteOptions): ResponsePromise
}

/**
 * Sends many requests, a few at a time, and yields how they ended in the order in which they did. Nothing is sent before the first
 * `next()`; leaving the loop aborts what is in flight and starts no more.
 *
 * @throws ConfigurationError at once, if an option is wrong
 */
export function requestMany(
  client: RequestSender,
  requests: Iterable<RequestDescription>,
  options: RequestManyOptions = {},
): AsyncGenerator<RequestOutcome, void, undefined> {
  checkType('options', options ?? null, 'object')
  checkRequestManyOptions(requests, options)
  return outcomes(client, requests, options)
}

async function* outcomes(
  client: RequestSender,
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
        void outcomeOf(client, next.value, index++, leaving.signal).then((outcome) => {
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
  client: RequestSender,
  description: RequestDescription,
  index: number,
  leaving: AbortSignal,
): Promise<RequestOutcome> {
  let either: EitherSignal | undefined
  try {
    checkType(`requests[${index}]`, description ?? null, 'object')
    const { method, url, ...options } = description
    if (options.signal !== undefined) checkSignal('signal', options.signal)
    either = new EitherSignal(leaving, options.signal)
    return { index, ok: true, response: await client.request(method, url, { ...options, signal: either.signal }) }
  } catch (error) {
    return { index, ok: false, error }
  } finally {
    // What is streamed goes on.
    if (description?.stream !== true) either?.release()
  }
}

/** Two signals in one. `AbortSignal.any` would stay with a signal that lives long, for ever on some platforms. */
class EitherSignal {
  readonly signal: AbortSignal
  readonly release: () => void = () => undefined

  constructor(one: AbortSignal, other: AbortSignal | undefined) {
    this.signal = one
    if (other === undefined) return
    const either = new AbortController()
    const sources = [one, other]
    const follow = (): void => {
      this.release()
      either.abort(sources.find(({ aborted }) => aborted)?.reason)
    }
    this.signal = either.signal
    this.release = () => {
      for (const source of sources) source.removeEventListener('abort', follow)
    }
    for (const source of sources) source.addEventListener('abort', follow, { once: true })
    if (sources.some(({ aborted }) => aborted)) follow()
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
