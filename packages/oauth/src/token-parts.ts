import type { TokenData } from './token-data.ts'

/** Stands where an invalidated access token was. Never sent: it has ended before it began. */
const droppedAccessToken = 'invalidated'

/** The refresh part alone, for sessions that nothing else can renew. */
export function dropAccessPart(token: TokenData, now: number): TokenData {
  return {
    accessToken: droppedAccessToken,
    issuedAt: now,
    expiresAt: now,
    refreshToken: token.refreshToken,
    refreshTokenExpiresAt: token.refreshTokenExpiresAt,
    scope: token.scope,
    extra: token.extra,
  }
}

/** True for what `dropAccessPart` left. */
export function isAccessPartDropped(token: TokenData): boolean {
  return token.accessToken === droppedAccessToken
}

/** The access part alone, where the refresh token is known to be dead. */
export function dropRefreshPart(token: TokenData): TokenData {
  return { ...token, refreshToken: undefined, refreshTokenExpiresAt: undefined }
}
