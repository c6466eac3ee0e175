import { ConfigurationError } from '@requestforge/core/errors'
import { checkExchange, described, hintFor, type MockExchange, type MockRequest, matches } from './mock-exchange.ts'

interface Expectation {
  readonly exchange: MockExchange
  /** How many requests it is still to answer. */
  left: number
}

/** The exchanges that are still to come, in order. */
export class ExchangePlan {
  readonly #expected: Expectation[] = []
  readonly #problems: string[] = []
  #count = 0

  /** @throws ConfigurationError */
  constructor(exchanges: readonly MockExchange[]) {
    if (!Array.isArray(exchanges)) {
      throw new ConfigurationError('exchanges must be an array, or a function', { option: 'exchanges' })
    }
    // The holes of an array come as undefined here, and are refused.
    for (const exchange of exchanges as readonly MockExchange[]) {
      checkExchange(exchange)
      this.#expected.push({ exchange, left: exchange.times ?? 1 })
    }
  }

  /** Takes what is next out of the plan. @throws ConfigurationError that says what was expected instead of the request */
  reserve(request: MockRequest): () => MockExchange {
    this.#count++
    const [expected] = this.#expected
    if (expected !== undefined && matches(expected.exchange, request)) {
      expected.left--
      if (expected.left === 0) this.#expected.shift()
      return () => expected.exchange
    }
    const wanted = expected === undefined ? 'no further request' : described(expected.exchange)
    const hint = expected === undefined ? '' : hintFor(expected.exchange, request)
    const problem = `request ${this.#count}: expected ${wanted}, got ${request.method} ${request.url}${hint}`
    this.#problems.push(problem)
    throw new ConfigurationError(`mockTransport: ${problem}`)
  }

  /** @throws Error unless everything came, and nothing else */
  assertDone(): void {
    const problems = [...this.#problems, ...this.#expected.map(missing)]
    if (problems.length > 0) throw new Error(`mockTransport: ${problems.join('; ')}`)
  }
}

function missing({ exchange, left }: Expectation): string {
  const { times = 1 } = exchange
  return `never came: ${described(exchange)}${times === 1 ? '' : ` (${left} of ${times} times)`}`
}
