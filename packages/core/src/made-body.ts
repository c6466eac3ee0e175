import type { HttpRequest, HttpRequestBody } from './handler.ts'
import { checkBody } from './request-body.ts'
import type { UnsentStreams } from './unsent-streams.ts'

/** The bodies of one call that the caller's function makes, each for one send. */
export class MadeBody {
  readonly #make: () => HttpRequestBody
  readonly #unsent: UnsentStreams
  #first: HttpRequestBody | undefined
  #last: HttpRequestBody | undefined
  #isFirstTaken = false

  constructor(make: () => HttpRequestBody, unsent: UnsentStreams) {
    this.#make = make
    this.#unsent = unsent
  }

  /** Made when somebody first looks at it. @throws ConfigurationError if it is none */
  get first(): HttpRequestBody {
    this.#first ??= this.another()
    return this.#first
  }

  /** @throws ConfigurationError if it is none */
  another(): HttpRequestBody {
    this.#last = checkBody(this.#make(), 'what the body function gives')
    this.#unsent.add(this.#last)
    return this.#last
  }

  /** Whether a body is of these, and not one that hooks or middleware gave instead. */
  has(body: unknown): boolean {
    return body !== undefined && (body === this.#first || body === this.#last)
  }

  /** The request with a body that was not sent yet, if its body is of these. */
  unsent(request: HttpRequest): HttpRequest {
    if (!this.has(request.body)) return request
    if (this.#isFirstTaken) return { ...request, body: this.another() }
    this.#isFirstTaken = true
    return request
  }
}
