import {
  AuthenticationError,
  CircuitOpenError,
  ClientClosedError,
  ConfigurationError,
  ConnectionError,
  ReauthenticationRequiredError,
  RequestTimeoutError,
  ResponseParseError,
  TlsError,
} from '@requestforge/core/errors'

/**
 * What a failed token request means for the next one.
 *
 * - `unsent`: surely nothing left this process
 * - `transient`: the server answered that it cannot now
 * - `permanent`: the server answered that it never will, as things are
 * - `rejected`: `invalid_grant`
 * - `lost`: sent, and no answer that could be read
 * - `junk`: the provider gave what is no token
 * - `timeout`: nobody waited any longer
 * - `reauthentication`: a person has to log in
 * - `postponed`: a refresh token in doubt is not tried before the access token has expired
 * - `configuration`: an option is wrong
 * - `storage`: the storage is away, and the options say not to go on without it
 * - `closed`: the manager was closed
 */
export type FailureClass =
  | 'unsent'
  | 'transient'
  | 'permanent'
  | 'rejected'
  | 'lost'
  | 'junk'
  | 'timeout'
  | 'reauthentication'
  | 'postponed'
  | 'configuration'
  | 'storage'
  | 'closed'

/** Classes what a provider threw. @see RFC 6749 section 5.2 */
export function classifyFailure(error: unknown): FailureClass {
  if (error instanceof ClientClosedError) return 'closed'
  if (error instanceof ConfigurationError) return 'configuration'
  if (error instanceof ReauthenticationRequiredError) return 'reauthentication'
  if (isUnsent(error)) return 'unsent'
  if (!(error instanceof AuthenticationError)) return 'lost'
  // A 503 or 429 says nothing for good, whatever code its body repeats.
  if (error.oauthError !== undefined && error.retryable) return 'transient'
  if (error.oauthError === 'invalid_grant') return 'rejected'
  if (error.oauthError !== undefined) return 'permanent'
  if (isUnanswered(error.cause)) return 'lost'
  // Who neither says that it may pass nor when has nothing to wait for.
  return error.retryable || error.retryAfterMs !== undefined ? 'transient' : 'permanent'
}

/** True for failures to connect that another try at once may not share; a certificate stays what it is, and so does a breaker. */
export function mayBeSentAgain(error: unknown): boolean {
  const stays = (reason: unknown): boolean => reason instanceof TlsError || reason instanceof CircuitOpenError
  return isUnsent(error) && !stays(error) && !(error instanceof Error && stays(error.cause))
}

function isUnsent(error: unknown): boolean {
  if (error instanceof AuthenticationError)
    return error.requestSent === false || (error.requestSent === undefined && isUnsent(error.cause))
  const isStopped = error instanceof TlsError || error instanceof CircuitOpenError
  return isStopped || (error instanceof ConnectionError && !error.requestSent)
}

function isUnanswered(cause: unknown): boolean {
  if (cause instanceof ConnectionError || cause instanceof RequestTimeoutError || cause instanceof ResponseParseError) return true
  return cause instanceof Error && (cause.name === 'AbortError' || cause.name === 'TimeoutError')
}
