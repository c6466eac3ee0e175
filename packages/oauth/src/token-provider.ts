import type { Deviation } from './deviation.ts'
import type { TokenData } from './token-data.ts'

/** What the manager hands to a provider with each call. */
export interface TokenRequestContext {
  /** The renewal's own: aborted when nobody needs the answer any more. Never aborted once a refresh token has been sent. */
  readonly signal?: AbortSignal | undefined
  /** The manager's clock, in milliseconds since the epoch. @default Date.now */
  readonly now?: (() => number) | undefined
  /** Whom to tell what the server did outside the RFCs. */
  readonly onDeviation?: ((deviation: Deviation) => void) | undefined
}

/** Gets tokens from somewhere. A custom provider is `serviceName`, `fetchToken`, and no more. */
export interface TokenProvider {
  /** Names the service in errors, events and storage keys. */
  readonly serviceName: string
  /** What makes this token different from others of the same service. Hashed into the storage key. */
  readonly identity?: string | readonly string[] | undefined
  /**
   * False when `fetchToken` cannot mint without a person, so that a refresh token is all there is to a session. The manager then keeps it
   * when a token is invalidated. Absent: the manager learns it from what `fetchToken` does.
   */
  readonly canFetch?: boolean | undefined
  /** Gets a token from nothing but the provider's own credentials. */
  fetchToken(context?: TokenRequestContext): Promise<TokenData>
  /** Gets a token for `current.refreshToken`. Called only if there is one. */
  refreshToken?(current: TokenData, context?: TokenRequestContext): Promise<TokenData>
  /** Tells the server to forget the token (RFC 7009). */
  revokeToken?(current: TokenData, context?: TokenRequestContext): Promise<void>
}
