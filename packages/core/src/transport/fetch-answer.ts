import type { AnswerHeaders, TransportAnswer } from './transport.ts'

/** An answer of a fetch. Its headers are asked for when they are needed: platforms make them on demand. */
export class FetchAnswer implements TransportAnswer {
  readonly status: number
  readonly ledTo: string | undefined
  readonly bytes: TransportAnswer['bytes']
  readonly body: TransportAnswer['body']
  readonly #response: Response

  constructor(response: Response, bytes: TransportAnswer['bytes'], body: TransportAnswer['body']) {
    this.status = response.status
    this.ledTo = response.redirected ? response.url : undefined
    this.bytes = bytes
    this.body = body
    this.#response = response
  }

  get headers(): AnswerHeaders {
    return this.#response.headers
  }

  toHeaders(): Headers {
    return this.#response.headers
  }
}
