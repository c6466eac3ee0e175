import type { Deviation } from './deviation.ts'

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

/** How a token response is read. */
export interface TokenResponseOptions {
  /** When the response arrived, in milliseconds since the epoch. @default Date.now() */
  readonly receivedAt?: number | undefined
  /** The members' names, where they are not RFC 6749's. */
  readonly keys?: TokenResponseKeys | undefined
  /** Refuse every deviation from RFC 6749 section 5.1. @default false */
  readonly strict?: boolean | undefined
  /** Told of every deviation that is tolerated. */
  readonly onDeviation?: ((deviation: Deviation) => void) | undefined
}

/** Names of a token response's members, where they are not RFC 6749's. */
export interface TokenResponseKeys {
  readonly accessToken?: string | undefined
  readonly tokenType?: string | undefined
  /** Seconds from now. */
  readonly expiresIn?: string | undefined
  /** A point in time: seconds since the epoch or an ISO date. */
  readonly expiresAt?: string | undefined
  readonly refreshToken?: string | undefined
  readonly refreshTokenExpiresIn?: string | undefined
  readonly scope?: string | undefined
}
