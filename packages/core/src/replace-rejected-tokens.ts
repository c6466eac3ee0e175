import { Attempt } from './attempt.ts'
import type { AuthRetryStrategy, RejectedAttempt } from './auth-retry-strategy.ts'
import type { Call } from './call.ts'
import { AuthenticationError } from './errors/authentication-error.ts'
import { failedAttempt } from './failed-attempt.ts'
import type { HttpRequest } from './handler.ts'
import { isIdempotent } from './idempotency.ts'
import { redactedRequest } from './redacted-request.ts'
import type { ResolvedConfig } from './resolve-config.ts'
import { ClientResponse } from './response.ts'
import { announceRetry, isDelay } from './retry-event.ts'
import type { Send } from './send-attempt.ts'
import type { AccessToken, TokenSource } from './token-source.ts'
import { waitForToken } from './token-wait.ts'

/** When a token that was sent is rejected: has it replaced, and sends once more. */
export function replaceRejectedTokens(config: ResolvedConfig, next: Send): Send {
  const { tokenAuth } = config
  const source = tokenAuth?.source
  if (tokenAuth === undefined || source?.replaceToken === undefined) return next

  const untilAccepted = async (request: HttpRequest, call: Call, first: ClientResponse): Promise<ClientResponse> => {
    let response = first
    for (;;) {
      const token = rejectedTokenOf(response)
      if (token === undefined) return response
      // Counted over the whole call: a request retry in between begins nothing anew.
      const retry = call.authRetries
      const delayMs = nextDelay(tokenAuth.strategy, retry, response)
      if (!isDelay(delayMs)) return response
      if (!request.replayable || (call.wasCarriedOut && !isIdempotent(request))) {
        await replaceForNextTime(source, token, call)
        return response
      }
      if (call.clock.monotonic() + delayMs >= call.deadline) return response
      call.authRetries++
      const failure = failedAttempt(retry, response, undefined, call)
      await announceRetry(config.hooks, { request, failure, delayMs, kind: 'auth' }, call)
      await response.discard()
      await call.pause(delayMs, call.ownSignalOf(request))
      response = await next(request, call, await replace(source, token, call))
    }
  }

  return (request, call) =>
    // No asynchronous function of its own for what is accepted, as nearly everything is.
    next(request, call).then((response) =>
      rejectedTokenOf(response) === undefined ? response : untilAccepted(request, call, response),
    )
}

/** The token that was sent, where the answer says that it is not accepted. */
function rejectedTokenOf(response: ClientResponse): AccessToken | undefined {
  const token = ClientResponse.tokenOf(response)
  return token !== undefined && mayMeanBadToken(response) ? token : undefined
}

// Blanks around the sign are allowed (RFC 9110 section 11.2); single quotes are not, and some servers write them.
const insufficientScope = /\berror\s*=\s*["']?insufficient_scope/i

/** A 4xx, unless it says that the token is good and merely allows too little: in its challenge, or in its body where the challenge says no error. */
function mayMeanBadToken(response: ClientResponse): boolean {
  const { status, rawHeaders } = response
  if (status < 400 || status >= 500) return false
  const challenge = rawHeaders.get('www-authenticate') ?? ''
  if (insufficientScope.test(challenge)) return false
  const isSaid = (status !== 401 && status !== 403) || /\berror\s*=/i.test(challenge)
  return isSaid || errorIn(response.parsedData) !== 'insufficient_scope'
}

function errorIn(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'error' in data ? data.error : undefined
}

function nextDelay(strategy: AuthRetryStrategy, retry: number, response: ClientResponse): number | undefined {
  const { status } = response
  const rejection: RejectedAttempt = {
    retry,
    status,
    get headers() {
      return response.headers
    },
    get data() {
      return response.parsedData
    },
    request: redactedRequest(response),
  }
  return strategy.nextDelay(rejection)
}

/**
 * Another token; the rejected one once more, where it is too early for another: an API that rejects them all decides by that, and no
 * storm reaches the identity provider.
 *
 * @throws AuthenticationError if no other token can be had
 */
async function replace(source: TokenSource, rejected: AccessToken, call: Call): Promise<AccessToken> {
  const attempt = new Attempt(call)
  try {
    return await waitForToken(call, attempt, (signal) => source.replaceToken?.(rejected, { signal }) ?? Promise.resolve(rejected))
  } catch (error) {
    if (AuthenticationError.isInstance(error) && error.rejectedAgain === true) return rejected
    throw error
  } finally {
    attempt.end()
  }
}

/** It cannot be sent again, so this call ends with its 401; the next one need not run into the same. */
async function replaceForNextTime(source: TokenSource, rejected: AccessToken, call: Call): Promise<void> {
  try {
    await replace(source, rejected, call)
  } catch {
    // The caller gets the rejection itself; whoever needs the token next gets this error, fresh.
    call.throwIfCancelled()
  }
}
