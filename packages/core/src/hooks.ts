import type { HttpRequest, HttpResponse } from './handler.ts'
import type { FailedAttempt } from './retry-strategy.ts'

/** What `onRetry` is told before each wait. */
export interface RetryEvent {
  readonly request: HttpRequest
  readonly failure: FailedAttempt
  readonly delayMs: number
  /** `request`: the retry strategy's; `auth`: after a rejected token. */
  readonly kind: 'request' | 'auth'
}

/** How one send ended: with a status, or with an error. */
export interface SendOutcome {
  readonly status?: number | undefined
  readonly error?: unknown
}

/** Called once, when a send is over, however its call goes on. */
export type SendListener = (outcome: SendOutcome) => void

/** Extension points, run in the order in which they were added. They never see the token. */
export interface Hooks {
  /** Before each send; may return a replacement, and hand `whenSent` what is to be told how this very send ends. */
  readonly beforeRequest?:
    | ((
        request: HttpRequest,
        whenSent?: ((listener: SendListener) => void) | undefined,
      ) => HttpRequest | undefined | void | Promise<HttpRequest | undefined | void>)
    | undefined
  /** After each delivered response; may return a replacement. */
  readonly afterResponse?:
    | ((
        response: HttpResponse,
        request: HttpRequest,
      ) => HttpResponse | undefined | void | Promise<HttpResponse | undefined | void>)
    | undefined
  /** Before each wait for another attempt. */
  readonly onRetry?: ((event: RetryEvent) => void | Promise<void>) | undefined
  /** Once, with the error that the caller gets; not for options that are wrong, of which no request can be made. */
  readonly onError?: ((error: unknown, request: HttpRequest) => void | Promise<void>) | undefined
}
