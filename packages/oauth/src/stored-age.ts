import type { RenewalSite } from './renewal-site.ts'
import type { TokenData } from './token-data.ts'

/**
 * True if a stored token is older than the held one: what is held could not be written yet, or the storage was rolled back.
 *
 * Boundary: a refresh token that this process has not seen was rotated by somebody else. Clocks of two hosts disagree, so dates do not count
 * against it: our own would be the spent one.
 */
export function isOlder({ slot }: RenewalSite, stored: TokenData): boolean {
  const { held, isAhead } = slot
  if (slot.isSpent(stored.refreshToken)) return true
  if (held === undefined) return false
  const aheadMs = (held.data.issuedAt ?? 0) - (stored.issuedAt ?? 0)
  if (isAhead) return aheadMs >= 0
  const isRotated = stored.refreshToken !== undefined && stored.refreshToken !== held.data.refreshToken
  return !isRotated && aheadMs > 0
}
