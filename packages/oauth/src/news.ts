import { isUsable } from './hold-token.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { TokenData } from './token-data.ts'

/** True if somebody has renewed: a stored token has another refresh token than those known, or another access token that may be sent. */
export function isNews(site: RenewalSite, stored: TokenData, known: readonly (TokenData | undefined)[]): boolean {
  const { accessToken, refreshToken } = stored
  if (site.slot.isSpent(refreshToken)) return false
  if (refreshToken !== undefined && known.every((token) => token?.refreshToken !== refreshToken)) return true
  return known.every((token) => token?.accessToken !== accessToken) && isUsable(site, stored)
}
