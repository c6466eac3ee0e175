import type { RenewalSite } from './renewal-site.ts'
import type { TokenData } from './token-data.ts'
import { isAccessPartDropped } from './token-parts.ts'

/**
 * True if a stored token is older than the held one: what is held could not be written yet, or the storage was rolled back.
 *
 * Boundary: two processes that renew at one time write in any order, so a small difference says nothing, unless this process knows the token
 * as one that it has replaced. And a refresh token that it has not seen was rotated by somebody else: clocks of two hosts disagree, so dates
 * do not count against it, because our own would be the spent one.
 */
export function isOlder({ slot, options }: RenewalSite, stored: TokenData): boolean {
  const { held, isAhead } = slot
  if (slot.isSpent(stored.refreshToken)) return true
  if (held === undefined) return false
  const aheadMs = (held.data.issuedAt ?? 0) - (stored.issuedAt ?? 0)
  if (isAhead) return aheadMs >= 0
  if (stored.accessToken === held.data.accessToken) return false
  if (isAccessPartDropped(stored) || isAccessPartDropped(held.data)) return false
  if (slot.isReplaced(stored.accessToken)) return true
  const isRotated = stored.refreshToken !== undefined && stored.refreshToken !== held.data.refreshToken
  return !isRotated && aheadMs > options.renewalTimeoutMs + 2 * options.storageTimeoutMs
}
