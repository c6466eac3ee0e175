import { hideAnswer } from './hidden-answer.ts'
import { type ErrorDetails, HttpClientError } from './http-client-error.ts'

/** What an `HttpStatusError` is made of. */
export interface HttpStatusErrorDetails extends ErrorDetails {
  readonly status: number
  readonly headers: Headers
  /** The body as text, at most 64 KiB of it. */
  readonly body: string
  /** The body parsed, where it is JSON; else undefined. */
  readonly data?: unknown
}

/** The server answered 4xx or 5xx. `headers`, `body` and `data` may hold secrets, so that no logging or inspection of the error shows them. */
export class HttpStatusError extends HttpClientError {
  static override readonly kind: string = 'HttpStatusError'
  override readonly name: string = 'HttpStatusError'

  declare readonly code: `http_${number}`
  /** The response's status. */
  readonly status: number
  // No members of its own: loggers and inspections show the values of hidden ones, and call getters, too.
  readonly #headers: Headers
  readonly #body: string
  readonly #data: unknown

  constructor(message: string, details: HttpStatusErrorDetails) {
    super(message, { ...details, code: `http_${details.status}` })
    this.status = details.status
    this.#headers = details.headers
    this.#body = details.body
    this.#data = details.data
    hideAnswer(this)
  }

  /** The response's headers. Not enumerable. */
  get headers(): Headers {
    return this.#headers
  }

  /** The response's body as text, at most 64 KiB. Not enumerable. */
  get body(): string {
    return this.#body
  }

  /** The response's body parsed, where it is JSON. Not enumerable. */
  get data(): unknown {
    return this.#data
  }
}

/** 400 */
export class BadRequestError extends HttpStatusError {
  static override readonly kind: string = 'BadRequestError'
  override readonly name: string = 'BadRequestError'

  declare readonly status: 400
}

/** 401: the token was rejected, and a new one too (or there was none to be had without re-sending what cannot be re-sent). */
export class UnauthorizedError extends HttpStatusError {
  static override readonly kind: string = 'UnauthorizedError'
  override readonly name: string = 'UnauthorizedError'

  declare readonly status: 401
}

/** 403 */
export class ForbiddenError extends HttpStatusError {
  static override readonly kind: string = 'ForbiddenError'
  override readonly name: string = 'ForbiddenError'

  declare readonly status: 403
}

/** 404 */
export class NotFoundError extends HttpStatusError {
  static override readonly kind: string = 'NotFoundError'
  override readonly name: string = 'NotFoundError'

  declare readonly status: 404
}

/** 409 */
export class ConflictError extends HttpStatusError {
  static override readonly kind: string = 'ConflictError'
  override readonly name: string = 'ConflictError'

  declare readonly status: 409
}

/** 422 */
export class UnprocessableContentError extends HttpStatusError {
  static override readonly kind: string = 'UnprocessableContentError'
  override readonly name: string = 'UnprocessableContentError'

  declare readonly status: 422
}

/** 429 */
export class RateLimitError extends HttpStatusError {
  static override readonly kind: string = 'RateLimitError'
  override readonly name: string = 'RateLimitError'

  declare readonly status: 429
  /** The server's `Retry-After`, in milliseconds from now. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, details: HttpStatusErrorDetails & { readonly retryAfterMs?: number | undefined }) {
    super(message, details)
    this.retryAfterMs = details.retryAfterMs
  }
}

/** 5xx */
export class ServerError extends HttpStatusError {
  static override readonly kind: string = 'ServerError'
  override readonly name: string = 'ServerError'
}
