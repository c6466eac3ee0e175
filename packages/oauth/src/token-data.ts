import type { Deviation } from './deviation.ts'
import { readTokenResponse } from './token-response.ts'

/** Plain, storable data. JSON of it holds the secrets: it never leaves provider, manager and storage. */
export interface TokenData {
  readonly accessToken: string
  /** @default 'Bearer' */
  readonly tokenType?: string | undefined
  /** Milliseconds since the epoch; stamped by the manager if left out. */
  readonly issuedAt?: number | undefined
  /** Milliseconds since the epoch. Absent: the manager's `defaultLifetimeMs`. */
  readonly expiresAt?: number | undefined
  /** When the server wants it renewed (`refresh_in`), in milliseconds since the epoch. */
  readonly refreshAt?: number | undefined
  readonly refreshToken?: string | undefined
  /** Milliseconds since the epoch. */
  readonly refreshTokenExpiresAt?: number | undefined
  /** Space-separated (RFC 6749 section 3.3). */
  readonly scope?: string | undefined
  /** Members of the response that have no place of their own. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined
  /** Keeps a redacting `Token` from being stored by mistake. */
  readonly toJSON?: undefined
}

/** Makes token data from what servers answer; for providers of your own too. */
export const TokenData: {
  /**
   * Reads a token response (RFC 6749 section 5.1), parsed. Deviations are tolerated where that is safe and told.
   *
   * @throws AuthenticationError for what is no token response, never with a value of it
   */
  fromResponse(body: unknown, options?: TokenResponseOptions): TokenData
} = { fromResponse: readTokenResponse }

/** How a token response is read. */
export interface TokenResponseOptions {
  /** When the response arrived, in milliseconds since the epoch. @default Date.now() */
  readonly receivedAt?: number | undefined
  /** The members' names, where they are not RFC 6749's. */
  readonly keys?: TokenResponseKeys | undefined
  /** Refuse every deviation from RFC 6749 section 5.1. @default false */
  readonly strict?: boolean | undefined
  /** The token types that may be used. @default ['Bearer'] */
  readonly tokenTypes?: readonly string[] | undefined
  /** Told of every deviation that is tolerated. */
  readonly onDeviation?: ((deviation: Deviation) => void) | undefined
}

/** Names of a token response's members, where they are not RFC 6749's. */
export interface TokenResponseKeys {
  readonly accessToken?: string | undefined
  readonly tokenType?: string | undefined
  /** Seconds from now. */
  readonly expiresIn?: string | undefined
  /** A point in time: seconds or milliseconds since the epoch, or an ISO date. */
  readonly expiresAt?: string | undefined
  readonly refreshToken?: string | undefined
  readonly refreshTokenExpiresIn?: string | undefined
  readonly scope?: string | undefined
}
