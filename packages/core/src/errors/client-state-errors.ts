import { type ErrorDetails, HttpClientError } from './http-client-error.ts'

/** The client was closed before or during the request. */
export class ClientClosedError extends HttpClientError {
  static override readonly kind: string = 'ClientClosedError'
  override readonly name: string = 'ClientClosedError'

  declare readonly code: 'closed'

  constructor(message = 'the client is closed', details: ErrorDetails = {}) {
    super(message, { ...details, code: 'closed' })
  }
}

/** The circuit breaker is open: nothing was sent. */
export class CircuitOpenError extends HttpClientError {
  static override readonly kind: string = 'CircuitOpenError'
  override readonly name: string = 'CircuitOpenError'

  declare readonly code: 'circuit_open'
  /** When the breaker will let a trial through, in milliseconds from now. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, details: ErrorDetails & { readonly retryAfterMs?: number | undefined } = {}) {
    super(message, { retryable: true, ...details, code: 'circuit_open' })
    this.retryAfterMs = details.retryAfterMs
  }
}
