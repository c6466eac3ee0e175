import { type ErrorDetails, HttpClientError } from './http-client-error.ts'

/** What an `AuthenticationError` may be given. */
export interface AuthenticationErrorDetails extends ErrorDetails {
  /** The service whose token could not be had. */
  readonly serviceName?: string | undefined
  /** The OAuth error code (RFC 6749 section 5.2), such as `invalid_client`. */
  readonly oauthError?: string | undefined
  /** The server's `error_description`, redacted and shortened. */
  readonly oauthErrorDescription?: string | undefined
  /** When another try makes sense, in milliseconds from now. */
  readonly retryAfterMs?: number | undefined
  /** False when surely no token request left this process; true when one may have; absent when unknown. */
  readonly requestSent?: boolean | undefined
  /** True when the rejected token had itself just replaced a rejected one, so that no further one was asked for yet. */
  readonly rejectedAgain?: true | undefined
}

/** No token could be had. Custom providers throw it too. */
export class AuthenticationError extends HttpClientError {
  static override readonly kind: string = 'AuthenticationError'
  override readonly name: string = 'AuthenticationError'

  declare readonly code: 'authentication' | 'reauthentication_required'
  /** The service whose token could not be had. */
  readonly serviceName: string | undefined
  /** The OAuth error code (RFC 6749 section 5.2). */
  readonly oauthError: string | undefined
  /** The server's `error_description`, redacted and shortened. */
  readonly oauthErrorDescription: string | undefined
  /** When another try makes sense, in milliseconds from now. */
  readonly retryAfterMs: number | undefined
  /** False when surely no token request left this process. */
  readonly requestSent: boolean | undefined
  /** True when the rejected token had itself just replaced a rejected one; else absent. */
  declare readonly rejectedAgain?: true | undefined

  constructor(
    message: string,
    details: AuthenticationErrorDetails & { readonly code?: 'authentication' | 'reauthentication_required' | undefined } = {},
  ) {
    super(message, { ...details, code: details.code ?? 'authentication' })
    this.serviceName = details.serviceName
    this.oauthError = details.oauthError
    this.oauthErrorDescription = details.oauthErrorDescription
    this.retryAfterMs = details.retryAfterMs
    this.requestSent = details.requestSent
    if (details.rejectedAgain) this.rejectedAgain = true
  }
}

/** Why a user has to log in again. */
export type ReauthenticationReason = 'no_grant' | 'refresh_rejected' | 'refresh_lost'

/** The session is over: the refresh token was rejected or lost, and no other grant is there. */
export class ReauthenticationRequiredError extends AuthenticationError {
  static override readonly kind: string = 'ReauthenticationRequiredError'
  override readonly name: string = 'ReauthenticationRequiredError'

  declare readonly code: 'reauthentication_required'
  /** `no_grant`: nothing to renew with; `refresh_rejected`: the server said no; `refresh_lost`: a renewal's answer was lost. */
  readonly reason: ReauthenticationReason

  constructor(message: string, details: AuthenticationErrorDetails & { readonly reason: ReauthenticationReason }) {
    super(message, { ...details, code: 'reauthentication_required' })
    this.reason = details.reason
  }
}
