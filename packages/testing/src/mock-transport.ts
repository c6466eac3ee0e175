import type { FetchLike } from '@requestforge/core'
import { ConfigurationError } from '@requestforge/core/errors'
import { checkExchange, described, type MockExchange, type MockRequest, matches, responseOf } from './mock-exchange.ts'
import { checkClock, checkOptions } from './option-checks.ts'
import { pause, platformTimers, type Timers } from './pause.ts'

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
 * was: clients neither wrap nor retry those.
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
  const requests: ReceivedRequest[] = []
  const plan = typeof exchanges === 'function' ? undefined : new Plan(exchanges)
  const answer = typeof exchanges === 'function' ? exchanges : (request: MockRequest) => (plan ?? new Plan([])).next(request)

  const transport: FetchLike = async (url, init = {}) => {
    const request = startRequest(url, init)
    requests.push(request)
    // Only what takes time is waited for: the order of plain requests is the order in which they were made.
    if (init.body !== undefined && init.body !== null && typeof init.body !== 'string') {
      request.body = await new Response(init.body).text()
    }
    const signal = init.signal ?? undefined
    const given = await answer(request, signal)
    if (given instanceof Response) return given
    checkExchange(given)
    await pause(given.delayMs ?? 0, clock, signal)
    if (given.error !== undefined) throw given.error
    return responseOf(given)
  }
  return Object.assign(transport, { requests, assertDone: () => plan?.assertDone() })
}

/** The exchanges that are still to come. */
class Plan {
  readonly #expected: MockExchange[]
  readonly #problems: string[] = []
  #count = 0

  constructor(exchanges: readonly MockExchange[]) {
    if (!Array.isArray(exchanges)) {
      throw new ConfigurationError('mockTransport takes an array of exchanges, or a function', { option: 'exchanges' })
    }
    // Not by the array itself, which would leave out its holes.
    this.#expected = [...exchanges].flatMap((exchange: MockExchange) => {
      checkExchange(exchange)
      return Array.from({ length: exchange.times ?? 1 }, () => exchange)
    })
  }

  next(request: MockRequest): MockExchange {
    this.#count++
    const [expected] = this.#expected
    if (expected !== undefined && matches(expected, request)) {
      this.#expected.shift()
      return expected
    }
    const wanted = expected === undefined ? 'no further request' : described(expected)
    const problem = `request ${this.#count}: expected ${wanted}, got ${request.method} ${request.url}`
    this.#problems.push(problem)
    throw new ConfigurationError(`mockTransport: ${problem}`)
  }

  assertDone(): void {
    const missing = this.#expected.map((exchange) => `never came: ${described(exchange)}`)
    const problems = [...this.#problems, ...missing]
    if (problems.length > 0) throw new Error(`mockTransport: ${problems.join('; ')}`)
  }
}

type ReceivedRequest = { -readonly [K in keyof MockRequest]: MockRequest[K] }

function startRequest(url: string, { method = 'GET', headers, body }: RequestInit): ReceivedRequest {
  return {
    method: method.toUpperCase(),
    url: new URL(url).href,
    headers: Object.fromEntries(new Headers(headers)),
    body: typeof body === 'string' ? body : undefined,
    get json(): unknown {
      return parsed(this.body)
    },
  }
}

function parsed(body: string | undefined): unknown {
  try {
    return body === undefined ? undefined : JSON.parse(body)
  } catch {
    // Most bodies that are no JSON are not meant to be.
    return undefined
  }
}
