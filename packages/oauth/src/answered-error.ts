import { retryAfterMs } from '@requestforge/core'
import { AuthenticationError, type HttpStatusError } from '@requestforge/core/errors'
import { isTransientAnswer, oauthErrorOf } from './endpoint-error.ts'
import { toldRetryAfterMs } from './told-retry-after.ts'

/**
 * What a provider means that asks with an HTTP client of its own and lets its status errors through: the server has answered, and no token.
 * Its description is left out, because nobody knows which secrets it repeats.
 */
export function answeredError(error: HttpStatusError, now: number): AuthenticationError {
  const { status, headers, data } = error
  const members = typeof data === 'object' && data !== null ? { ...data } : undefined
  const oauthError = oauthErrorOf(members).code
  const reason = oauthError === undefined ? '' : ` (${oauthError})`
  return new AuthenticationError(`the provider's request was answered with ${status}${reason}`, {
    oauthError,
    retryable: isTransientAnswer(status, oauthError),
    retryAfterMs: retryAfterMs(headers.get('retry-after'), now) ?? toldRetryAfterMs(error),
    requestSent: true,
    cause: error,
  })
}
