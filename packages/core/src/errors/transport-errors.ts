import { type ErrorDetails, HttpClientError } from './http-client-error.ts'

/** No connection could be made, or it broke: refused, DNS, reset, closed. */
export class ConnectionError extends HttpClientError {
  static override readonly kind: string = 'ConnectionError'
  override readonly name: string = 'ConnectionError'

  declare readonly code: 'connection'
  /** False when surely nothing was sent: then any method may be sent again. */
  readonly requestSent: boolean
  /** The response's status, where the connection broke while its body was read. */
  readonly status: number | undefined

  constructor(
    message: string,
    details: ErrorDetails & { readonly requestSent?: boolean | undefined; readonly status?: number | undefined } = {},
  ) {
    super(message, { retryable: true, ...details, code: 'connection' })
    this.requestSent = details.requestSent ?? true
    this.status = details.status
  }
}

/** What a request was waiting for when its time ran out. */
export type TimeoutPhase = 'token' | 'connect' | 'headers' | 'body'

/** A time-out of the client's own: per attempt, total, or while waiting for a token. */
export class RequestTimeoutError extends HttpClientError {
  static override readonly kind: string = 'RequestTimeoutError'
  override readonly name: string = 'RequestTimeoutError'

  declare readonly code: 'timeout'
  /** What was being waited for. */
  readonly phase: TimeoutPhase
  /** The limit that was hit, in milliseconds. */
  readonly timeoutMs: number
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number

  constructor(
    message: string,
    details: ErrorDetails & { readonly phase: TimeoutPhase; readonly timeoutMs: number; readonly elapsedMs: number },
  ) {
    super(message, { retryable: true, ...details, code: 'timeout' })
    this.phase = details.phase
    this.timeoutMs = details.timeoutMs
    this.elapsedMs = details.elapsedMs
  }
}

/** The TLS handshake failed: certificate, protocol or host name. Never retried. */
export class TlsError extends HttpClientError {
  static override readonly kind: string = 'TlsError'
  override readonly name: string = 'TlsError'

  declare readonly code: 'tls'

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { ...details, code: 'tls' })
  }
}

/** More redirects than `maxRedirects`. */
export class TooManyRedirectsError extends HttpClientError {
  static override readonly kind: string = 'TooManyRedirectsError'
  override readonly name: string = 'TooManyRedirectsError'

  declare readonly code: 'too_many_redirects'

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { ...details, code: 'too_many_redirects' })
  }
}
