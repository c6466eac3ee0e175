import type { FailedRequest } from './errors/http-client-error.ts'

/** An answer that may mean "this token is no good". */
export interface RejectedAttempt {
  /** How many auth retries were made before: 0 for the first rejection. */
  readonly retry: number
  readonly status: number
  readonly headers: Headers
  /** The body parsed, where it is JSON. */
  readonly data: unknown
  /** The request, without secrets. */
  readonly request: FailedRequest
}

/** Decides whether a rejected token is replaced and the request sent again. */
export interface AuthRetryStrategy {
  /** Milliseconds to wait before the token is replaced, or undefined to let the answer stand, as anything else does that is no number from 0 to 2^31-1. */
  nextDelay(rejection: RejectedAttempt): number | undefined
}
