import type { FetchLike } from '@requestforge/core'
import { ExchangePlan } from './exchange-plan.ts'
import { checkExchange, type MockExchange, type MockRequest, responseOf } from './mock-exchange.ts'
import { type ReceivedRequest, startRequest } from './mock-request.ts'
import { checkClock, checkOptions } from './option-checks.ts'
import { pause, platformTimers, type Timers } from './pause.ts'
import { untilAborted } from './until-aborted.ts'

/** Answers a request by what it is. */
export type MockHandler = (
  request: MockRequest,
  signal: AbortSignal | undefined,
) => MockExchange | Response | Promise<MockExchange | Response>

/** Options of `mockTransport`. */
export interface MockTransportOptions {
  /** For `delayMs`. @default the platform's */
  readonly clock?: Timers | undefined
}

/** A transport without a network: given to a client as `transport`. */
export interface MockTransport extends FetchLike {
  /** Every request, in order, unexpected ones too. */
  readonly requests: readonly MockRequest[]
  /** @throws Error that names what is missing, if an expected request never came, or an unexpected one did */
  assertDone(): void
}

/**
 * Answers requests in the order of `exchanges`, or by a function. What was not expected is refused with a ConfigurationError that says what
 * was: clients neither wrap nor retry those, and a provider whose `fetch` it is repeats them in its AuthenticationError.
 *
 * @throws ConfigurationError
 * @example
 * const transport = mockTransport([{ method: 'GET', url: '/users', json: [] }])
 * const client = new HttpClient({ baseUrl: 'https://api.example.com', transport })
 */
export function mockTransport(
  exchanges: readonly MockExchange[] | MockHandler,
  options: MockTransportOptions = {},
): MockTransport {
  checkOptions('mockTransport', options, ['clock'])
  checkClock(options.clock, ['setTimeout', 'clearTimeout'])
  const { clock = platformTimers } = options
  const plan: Answers =
    typeof exchanges === 'function' ? { reserve: () => exchanges, assertDone: () => undefined } : new ExchangePlan(exchanges)
  const requests: ReceivedRequest[] = []

  const transport: FetchLike = async (url, init = {}) => {
    const signal = init.signal ?? undefined
    const request = startRequest(url, init)
    const answer = begin(request, init, plan, requests)
    const given = await untilAborted(answered(request, init.body, answer, signal), signal)
    if (isResponse(given)) return given
    checkExchange(given)
    await pause(given.delayMs ?? 0, clock, signal)
    if (given.error !== undefined) throw given.error
    return responseOf(given, request.method)
  }
  return Object.assign(transport, { requests, assertDone: () => plan.assertDone() })
}

/** Where answers come from: reserved when a request is made, asked for when all of it is there. */
interface Answers {
  reserve(request: MockRequest): MockHandler
  assertDone(): void
}

/** Before the body is waited for: answers go by the order in which requests were made, and what is refused leaves no stream open. */
function begin(request: MockRequest, { body, signal }: RequestInit, plan: Answers, requests: MockRequest[]): MockHandler {
  try {
    // A fetch whose signal is aborted sends nothing.
    if (signal?.aborted === true) throw signal.reason
    requests.push(request)
    return plan.reserve(request)
  } catch (error) {
    if (body instanceof ReadableStream) body.cancel(error).catch(() => undefined)
    throw error
  }
}

async function answered(
  request: ReceivedRequest,
  body: RequestInit['body'],
  answer: MockHandler,
  signal: AbortSignal | undefined,
): Promise<MockExchange | Response> {
  // Only what takes time is waited for: a plain request has its answer in the same turn.
  if (body !== undefined && body !== null && typeof body !== 'string') request.body = await new Response(body).text()
  return answer(request, signal)
}

/** By what it has: a `Response` may be that of another realm, or of a package. */
function isResponse(given: MockExchange | Response): given is Response {
  return given instanceof Response || (typeof given === 'object' && given !== null && 'arrayBuffer' in given)
}
