import type { TokenData } from './token-data.ts'

/**
 * What a refresh leaves behind: a new refresh token replaces the old one, an omitted one keeps it, an omitted scope means the one there was.
 *
 * @see RFC 6749 section 6
 */
export function mergeRefreshed(current: TokenData, answer: TokenData): TokenData {
  const kept = answer.refreshToken === undefined || answer.refreshToken === current.refreshToken
  return {
    ...answer,
    refreshToken: answer.refreshToken ?? current.refreshToken,
    refreshTokenExpiresAt: answer.refreshTokenExpiresAt ?? (kept ? current.refreshTokenExpiresAt : undefined),
    scope: answer.scope ?? current.scope,
  }
}
