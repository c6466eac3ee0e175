import {
  AuthenticationError,
  ClientClosedError,
  ConfigurationError,
  HttpStatusError,
  type ReauthenticationReason,
  ReauthenticationRequiredError,
  RequestTimeoutError,
} from '@requestforge/core/errors'
import { answeredError } from './answered-error.ts'
import type { FailureClass } from './failure-class.ts'
import { classifyFailure } from './failure-class.ts'
import { harmlessWords } from './harmless-error.ts'
import type { SharedFailure } from './token-storage.ts'
import { toldRetryAfterMs } from './told-retry-after.ts'

/** One failed renewal, from which each waiter gets an error instance of its own. */
export interface RenewalFailure {
  readonly kind: FailureClass
  readonly error: unknown
  /** The server's wish, in milliseconds from when it was told. */
  readonly retryAfterMs?: number | undefined
  /** True when no request of this process failed, but somebody else's did. */
  readonly shared?: boolean | undefined
}

/** Classes an error and keeps it. `now`: the wall clock, for a `Retry-After` that is a date. */
export function failureOf(thrown: unknown, now: number): RenewalFailure {
  try {
    const error = thrown instanceof HttpStatusError ? answeredError(thrown, now) : thrown
    return { kind: classifyFailure(error), error, retryAfterMs: toldRetryAfterMs(error) }
  } catch (unreadable) {
    // What was thrown cannot be read, so it does not say that nothing was sent.
    return { kind: 'lost', error: unreadable }
  }
}

/** Why work was stopped from outside: the time was up, or the manager was closed. */
export function stoppedFailure(reason: unknown): RenewalFailure {
  return { kind: reason instanceof ClientClosedError ? 'closed' : 'timeout', error: reason }
}

/** What is known when an error is made for one waiter. */
export interface FailureTelling {
  readonly serviceName: string
  /** How many renewals have failed in a row. */
  readonly attempts: number
  /** When the next try is due, in milliseconds from now. */
  readonly retryAfterMs?: number | undefined
}

/** A new instance for each waiter, with the same cause: an error that travels through two callers must not be decorated by both. */
export function errorFor(failure: RenewalFailure, telling: FailureTelling): Error {
  const { error } = failure
  const { serviceName, attempts, retryAfterMs } = telling
  if (error instanceof RequestTimeoutError) {
    const { phase, timeoutMs, elapsedMs, cause } = error
    return new RequestTimeoutError(error.message, { phase, timeoutMs, elapsedMs, cause, attempts })
  }
  if (error instanceof ClientClosedError) return new ClientClosedError(error.message, { attempts })
  if (error instanceof ConfigurationError)
    return new ConfigurationError(error.message, { option: error.option, cause: error.cause ?? error })
  if (!(error instanceof AuthenticationError)) {
    const message = `no token for ${serviceName}: the provider failed (${error instanceof Error ? error.name : typeof error})`
    return new AuthenticationError(message, { serviceName, retryable: true, cause: error, attempts, retryAfterMs })
  }
  const { oauthError, oauthErrorDescription, retryable, requestSent } = error
  const details = {
    serviceName: error.serviceName ?? serviceName,
    oauthError,
    oauthErrorDescription,
    retryable,
    requestSent,
    retryAfterMs: retryAfterMs ?? error.retryAfterMs,
    cause: error.cause ?? error,
    attempts,
  }
  if (error instanceof ReauthenticationRequiredError) {
    return new ReauthenticationRequiredError(error.message, { ...details, reason: error.reason })
  }
  return new AuthenticationError(error.message, details)
}

/** The session is over, as far as this process can tell. */
export function reauthenticationFailure(serviceName: string, reason: ReauthenticationReason, cause: unknown): RenewalFailure {
  const why = {
    no_grant: 'there is nothing to get a token with',
    refresh_rejected: 'the refresh token was rejected',
    refresh_lost: "a renewal's answer was lost, and with it the refresh token",
  }[reason]
  const details = cause instanceof AuthenticationError ? cause : undefined
  return {
    kind: 'reauthentication',
    error: new ReauthenticationRequiredError(`${serviceName} needs a new login: ${why}`, {
      serviceName,
      reason,
      cause,
      oauthError: details?.oauthError,
      oauthErrorDescription: details?.oauthErrorDescription,
    }),
  }
}

/** The failure as other processes may know it. A provider of somebody's own may have put the server's words into its error as they came. */
export function toSharedFailure(failure: RenewalFailure, serviceName: string): SharedFailure {
  const error = errorFor(failure, { serviceName, attempts: 0 })
  if (!(error instanceof AuthenticationError)) return { message: error.message, retryable: true }
  const { retryable, oauthError, oauthErrorDescription } = error
  const message = failure.error instanceof AuthenticationError ? harmlessWords(error.message) : error.message
  const description = oauthErrorDescription === undefined ? undefined : harmlessWords(oauthErrorDescription)
  const reauthentication = error instanceof ReauthenticationRequiredError ? error.reason : undefined
  return { message, retryable, oauthError, oauthErrorDescription: description, reauthentication }
}

/** Another process's failure, as if it were ours. */
export function fromSharedFailure(shared: SharedFailure, serviceName: string): RenewalFailure {
  const { message, retryable, oauthError, oauthErrorDescription, reauthentication } = shared
  const details = { serviceName, retryable, oauthError, oauthErrorDescription }
  if (reauthentication !== undefined) {
    const error = new ReauthenticationRequiredError(message, { ...details, reason: reauthentication })
    return { kind: 'reauthentication', error, shared: true }
  }
  return { kind: retryable ? 'transient' : 'permanent', error: new AuthenticationError(message, details), shared: true }
}

/** What every call gets after `close()`. */
export function closedError(): ClientClosedError {
  return new ClientClosedError('the token manager is closed')
}
