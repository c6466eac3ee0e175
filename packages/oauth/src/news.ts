import { isUsable } from './hold-token.ts'
import type { RenewalSite } from './renewal-site.ts'
import { getStored } from './stored-token.ts'
import type { TokenData } from './token-data.ts'

/** True if somebody has renewed: a token is stored with another refresh token than those known, or another access token that may be sent. */
export async function hasNews(site: RenewalSite, known: readonly (TokenData | undefined)[]): Promise<boolean> {
  const stored = await getStored(site)
  if (stored === undefined || site.slot.isSpent(stored.refreshToken)) return false
  const { accessToken, refreshToken } = stored
  if (refreshToken !== undefined && known.every((token) => token?.refreshToken !== refreshToken)) return true
  return known.every((token) => token?.accessToken !== accessToken) && isUsable(site, stored)
}
