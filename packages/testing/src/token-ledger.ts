import { randomSecret } from './fake-token.ts'

/** A token that the server gave. */
export interface IssuedToken {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  readonly clientId: string
  /** Absent for client credentials. */
  readonly username: string | undefined
  /** Space-separated. */
  readonly scope: string | undefined
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Whom a token is for. */
export interface Grantee {
  readonly clientId: string
  readonly username: string | undefined
  readonly scope: string | undefined
}

/** All tokens that go back to one login. */
export interface TokenFamily extends Grantee {
  revoked: boolean
}

interface RefreshEntry {
  readonly family: TokenFamily
  spent: boolean
}

interface AccessEntry {
  readonly family: TokenFamily
  readonly token: IssuedToken
  revoked: boolean
}

/** Remembers every token of the server, and which refresh tokens were used. */
export class TokenLedger {
  /** How often a refresh token came that had been used before. */
  reuseCount = 0
  readonly #access = new Map<string, AccessEntry>()
  readonly #refresh = new Map<string, RefreshEntry>()

  /** A new login. */
  begin(grantee: Grantee): TokenFamily {
    return { ...grantee, revoked: false }
  }

  issue(family: TokenFamily, scope: string | undefined, expiresAt: number, withRefreshToken: boolean): IssuedToken {
    const refreshToken = withRefreshToken ? randomSecret('refresh') : undefined
    const { clientId, username } = family
    const token: IssuedToken = { accessToken: randomSecret('access'), refreshToken, clientId, username, scope, expiresAt }
    this.#access.set(token.accessToken, { family, token, revoked: false })
    if (refreshToken !== undefined) this.#refresh.set(refreshToken, { family, spent: false })
    return token
  }

  /**
   * The login that a refresh token stands for. A token that was used before ends that login, as somebody else may have stolen it.
   *
   * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
   */
  redeem(refreshToken: string, clientId: string): TokenFamily | undefined {
    const entry = this.#refresh.get(refreshToken)
    if (entry === undefined || entry.family.clientId !== clientId) return undefined
    if (entry.spent) {
      this.reuseCount++
      entry.family.revoked = true
    }
    return entry.family.revoked ? undefined : entry.family
  }

  /** From now on the refresh token is a used one. */
  spend(refreshToken: string): void {
    const entry = this.#refresh.get(refreshToken)
    if (entry !== undefined) entry.spent = true
  }

  /** What an access token stands for, if it is good at that time. */
  find(accessToken: string, now: number): IssuedToken | undefined {
    const entry = this.#access.get(accessToken)
    if (entry === undefined || entry.revoked || entry.family.revoked) return undefined
    return now < entry.token.expiresAt ? entry.token : undefined
  }

  /** Whether a refresh token could be used. */
  isRedeemable(refreshToken: string): boolean {
    const entry = this.#refresh.get(refreshToken)
    return entry !== undefined && !entry.spent && !entry.family.revoked
  }

  /** An access token ends alone, a refresh token with its whole login. */
  revoke(token: string): void {
    const access = this.#access.get(token)
    if (access !== undefined) access.revoked = true
    const refresh = this.#refresh.get(token)
    if (refresh !== undefined) refresh.family.revoked = true
  }

  /** Whose a token is, good or not. */
  ownerOf(token: string): string | undefined {
    return (this.#access.get(token) ?? this.#refresh.get(token))?.family.clientId
  }

  revokeAll(): void {
    for (const { family } of this.#access.values()) family.revoked = true
  }
}
