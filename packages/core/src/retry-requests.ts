import type { Call } from './call.ts'
import { AuthenticationError } from './errors/authentication-error.ts'
import { CircuitOpenError } from './errors/client-state-errors.ts'
import { ConfigurationError } from './errors/configuration-error.ts'
import { HttpClientError } from './errors/http-client-error.ts'
import { ConnectionError, RequestTimeoutError } from './errors/transport-errors.ts'
import { failedAttempt } from './failed-attempt.ts'
import type { HttpRequest } from './handler.ts'
import type { ResolvedConfig } from './resolve-config.ts'
import type { ClientResponse } from './response.ts'
import { RetryBudget } from './retry-budget.ts'
import { announceRetry, isDelay } from './retry-event.ts'
import type { FailedAttempt, RetryStrategy } from './retry-strategy.ts'
import type { Send } from './send-attempt.ts'

/** As `CallHandler`; what it gives are the client's own responses. */
export type ClientHandler = (request: HttpRequest, call: Call) => Promise<ClientResponse>

/** Sends again as long as the retry strategy says so and the request allows it. */
export function retryRequests(config: ResolvedConfig, next: Send): ClientHandler {
  const budget = new RetryBudget(config.clock)
  const untilSettled = async (request: HttpRequest, call: Call, strategy: RetryStrategy): Promise<ClientResponse> => {
    for (let retry = 0; ; retry++) {
      const { response, error } = await attemptOf(next, request, call)
      if (response !== undefined && response.status < 400) return response
      const failure = failedAttempt(retry, response, error, call)
      const hindrance = hindranceTo(request, error, call)
      if (failure.retryable) call.notRetried = hindrance
      const delayMs = hindrance === undefined ? nextDelay(strategy, failure, call) : undefined
      if (delayMs === undefined) return outcome(response, error)
      if (!budget.spend()) {
        call.notRetried = 'the budget of retries is spent: there were too many of late'
        return outcome(response, error)
      }
      await announceRetry(config.hooks, { request, failure, delayMs, kind: 'request' }, call)
      await response?.discard()
      await call.pause(delayMs, call.ownSignalOf(request))
    }
  }

  return (request, call) => {
    const { retryStrategy } = call.settings
    if (retryStrategy === undefined) return next(request, call)
    budget.earn()
    return untilSettled(request, call, retryStrategy)
  }
}

interface Attempted {
  readonly response?: ClientResponse | undefined
  readonly error?: unknown
}

async function attemptOf(next: Send, request: HttpRequest, call: Call): Promise<Attempted> {
  try {
    return { response: await next(request, call) }
  } catch (error) {
    return { error }
  }
}

function outcome(response: ClientResponse | undefined, error: unknown): ClientResponse {
  if (response === undefined) throw error
  return response
}

/** A wait that would outlast the call is not begun: the caller learns now what is known now. */
function nextDelay(strategy: RetryStrategy, failure: FailedAttempt, call: Call): number | undefined {
  const delayMs = strategy.nextDelay(failure)
  if (!isDelay(delayMs)) return undefined
  if (call.clock.monotonic() + delayMs < call.deadline) return delayMs
  call.notRetried = 'totalTimeoutMs would be over before the next try'
  return undefined
}

/** Why it must not be sent again, if so. Any method may be, as long as nothing was sent; else what can be sent twice without doing more than once. */
function hindranceTo(request: HttpRequest, error: unknown, call: Call): string | undefined {
  if (call.cancellation !== undefined) return 'the call was ended'
  if (error !== undefined && !isWorthRepeating(error)) return 'it would fail in the same way'
  if (!request.replayable) return 'the body is not replayable: give a function that makes it'
  const { isIdempotent, method } = call.sent ?? { method: request.method, isIdempotent: call.settings.isIdempotent }
  if (isIdempotent || (error !== undefined && wasSurelyNotSent(error, call))) return undefined
  return `${method} is not idempotent: give an idempotencyKey`
}

function isWorthRepeating(error: unknown): error is HttpClientError {
  return HttpClientError.isInstance(error) && !CircuitOpenError.isInstance(error) && !ConfigurationError.isInstance(error)
}

function wasSurelyNotSent(error: unknown, call: Call): boolean {
  if (call.wasRedirected) return false
  if (ConnectionError.isInstance(error)) return !error.requestSent
  if (RequestTimeoutError.isInstance(error)) return error.phase === 'token' || error.phase === 'connect'
  return AuthenticationError.isInstance(error)
}
