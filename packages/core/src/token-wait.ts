import type { Attempt } from './attempt.ts'
import type { Call } from './call.ts'
import { AuthenticationError } from './errors/authentication-error.ts'
import { HttpClientError } from './errors/http-client-error.ts'
import { ownError } from './own-error.ts'
import { redactedRequest } from './redacted-request.ts'
import type { AccessToken } from './token-source.ts'

/** Waits for a token source. @throws the reason of an interruption, or what the source failed with */
export async function waitForToken(
  call: Call,
  attempt: Attempt,
  ask: (signal: AbortSignal) => PromiseLike<AccessToken>,
): Promise<AccessToken> {
  try {
    return await attempt.wait(ask)
  } catch (error) {
    throw attempt.interrupted ? error : tokenFailure(error, call)
  }
}

/** Whatever a token source throws arrives as an `AuthenticationError`, or as the library's own error that it is. */
export function tokenFailure(error: unknown, call: Call): HttpClientError {
  const failure = HttpClientError.isInstance(error)
    ? error
    : new AuthenticationError('no token could be had: the token source failed', { cause: error })
  const own = ownError(failure, redactedRequest(call.request), call.attempts)
  return own === undefined ? failure : call.failedWith(own)
}
