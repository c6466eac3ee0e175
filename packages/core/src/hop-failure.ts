import type { Attempt } from './attempt.ts'
import type { Call } from './call.ts'
import { callerFailureIn } from './caller-failure.ts'
import { HttpClientError } from './errors/http-client-error.ts'
import type { HeaderMap, HttpMethod } from './handler.ts'
import { redactedRequest } from './redacted-request.ts'
import { withoutRepeatedSecrets } from './repeated-secrets.ts'
import { typedFailure } from './transport/connection-failure.ts'

/** What was really sent to one URL on the way of a request. */
export interface SentHop {
  readonly method: HttpMethod
  readonly url: string
  /** Credentials included: what is thrown may repeat them. */
  readonly headers: HeaderMap
}

/** The failure of a hop, typed, whether its headers did not come or its body broke off. */
export function hopFailure(thrown: unknown, hop: SentHop, call: Call, attempt: Attempt): unknown {
  if (attempt.interrupted) return attempt.reason
  const own = callerFailureIn(thrown)
  if (own !== undefined) return own.cause
  if (HttpClientError.isInstance(thrown)) return thrown
  const clean = withoutRepeatedSecrets(hop.url, hop.headers)
  const { attempts, elapsedMs } = call
  // Whoever sent it here has carried it out already.
  const requestSent = call.wasRedirected ? true : attempt.phase === 'connect' ? false : undefined
  const context = { request: redactedRequest(hop), attempts, requestSent, status: attempt.status, elapsedMs, clean }
  return call.failedWith(typedFailure(thrown, context))
}
