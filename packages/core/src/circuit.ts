import type { Call } from './call.ts'
import { CircuitOpenError } from './errors/client-state-errors.ts'
import { ResponseParseError } from './errors/response-errors.ts'
import { ConnectionError, RequestTimeoutError, TlsError } from './errors/transport-errors.ts'
import { letGo } from './let-go.ts'
import { redactedRequest } from './redacted-request.ts'
import type { CircuitBreaker } from './retry-strategy.ts'

/** What a circuit breaker is told of a send. */
export type Outcome = Parameters<CircuitBreaker['record']>[0]

/** Tells a breaker, once, how an admitted send went. */
export type RecordOutcome = (outcome: Outcome) => void

/** Asks the breaker of the call's strategy, if it has one. @throws CircuitOpenError if nothing is to be sent */
export function admit(call: Call): RecordOutcome | undefined {
  const breaker = call.settings.retryStrategy?.breaker
  if (breaker === undefined) return undefined
  const retryAfterMs = breaker.admit()
  if (retryAfterMs === undefined) return recorder(breaker)
  letGo(retryAfterMs)
  const request = redactedRequest(call.request)
  const message = `${request.method} ${request.url}: not sent, the circuit breaker is open for another ${retryAfterMs} ms`
  throw call.failedWith(new CircuitOpenError(message, { request, retryAfterMs, attempts: call.attempts }))
}

function recorder(breaker: CircuitBreaker): RecordOutcome {
  const { period } = breaker
  return (outcome) => letGo(breaker.record(outcome, period))
}

/** Only what says something about the service counts: not an abort, a hook's error or a token that could not be had. */
export function outcomeOfError(error: unknown, { cancellation, failure }: Call): Outcome {
  // The reason of an abort may be any error; the time-out of the whole call is one that the call made itself.
  if (cancellation !== undefined && cancellation.reason !== failure) return 'ignored'
  const isCutBody = ResponseParseError.isInstance(error) && error.retryable
  const isNetwork = ConnectionError.isInstance(error) || RequestTimeoutError.isInstance(error) || TlsError.isInstance(error)
  return isNetwork || isCutBody ? 'failure' : 'ignored'
}
