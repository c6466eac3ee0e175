import { lastDateMs } from './renewal-constants.ts'
import type { RenewalSite } from './renewal-site.ts'
import { ManagedToken } from './token.ts'
import type { TokenData } from './token-data.ts'
import { type LifetimeRules, lifetimeMs, measureExpiry, measureLifetime } from './token-lifetime.ts'
import { takeMarks } from './token-marks.ts'
import { dropAccessPart, dropRefreshPart } from './token-parts.ts'
import type { HeldToken } from './token-slot.ts'
import type { StoredToken } from './token-storage.ts'

/** Makes a stored token the one of this process. Marked single-use, it is handed to those who wait, and is expired for everybody else. */
export function holdToken(site: RenewalSite, stored: StoredToken): HeldToken {
  const { token: data, marks } = takeMarks(stored.token)
  const lifetime = measureLifetime(data, lifetimeRules(site))
  const expiredAt = marks.singleUse ? Number.NEGATIVE_INFINITY : lifetime.expiredAt
  const held: HeldToken = {
    token: new ManagedToken(data, site.clock, expiredAt),
    data,
    version: stored.version,
    heldSince: site.clock.monotonic(),
    dueAt: lifetime.dueAt,
    expiredAt,
    fromRejection: marks.fromRejection,
  }
  site.slot.hold(held)
  return held
}

/** Takes over what was read about the token: the same access token lives as long as was measured here, whatever a clock says now. */
export function learnToken(site: RenewalSite, stored: StoredToken): void {
  const { held } = site.slot
  if (held?.data.accessToken !== stored.token.accessToken) return void holdToken(site, stored)
  const { token: data } = takeMarks(stored.token)
  site.slot.hold({ ...held, data, version: stored.version, token: new ManagedToken(data, site.clock, held.expiredAt) })
}

/**
 * Of a stored token that does not become the one of this process: should the storage lose it, the refresh token that it has replaced must not
 * be taken for a good one.
 */
export function learnReplaced({ slot }: RenewalSite, { token, version }: StoredToken): void {
  const { held, isAhead } = slot
  const refreshToken = token?.refreshToken
  if (isAhead || held?.data.refreshToken === undefined || refreshToken === undefined || slot.isSpent(refreshToken)) return
  if (version > held.version && refreshToken !== held.data.refreshToken) slot.spend(held.data.refreshToken)
}

/** A token for those who wait, and nobody else. */
export function looseToken(site: RenewalSite, token: TokenData): ManagedToken {
  const { token: data, marks } = takeMarks(token)
  const expiredAt = marks.singleUse ? Number.NEGATIVE_INFINITY : measureExpiry(data, lifetimeRules(site))
  return new ManagedToken(data, site.clock, expiredAt)
}

/** Forgets the access part here; the refresh part stays where nothing else may be able to renew. */
export function dropHeldAccess(site: RenewalSite): void {
  const { slot, clock } = site
  const { held } = slot
  slot.drop()
  if (held?.data.refreshToken !== undefined)
    holdToken(site, { token: dropAccessPart(held.data, clock.now()), version: held.version })
}

/** Forgets a refresh token that is known to be dead; a valid access token beside it goes on being used. */
export function dropHeldRefresh(site: RenewalSite, refreshToken: string | undefined): void {
  const { slot } = site
  if (slot.held?.data.refreshToken === undefined || (refreshToken !== undefined && slot.held.data.refreshToken !== refreshToken))
    return
  const data = dropRefreshPart(slot.held.data)
  slot.hold({ ...slot.held, data, token: new ManagedToken(data, site.clock, slot.held.expiredAt) })
}

/** True if a token may still be sent, as far as this process can tell. */
export function isUsable(site: RenewalSite, token: TokenData): boolean {
  return measureExpiry(token, lifetimeRules(site)) > site.clock.monotonic()
}

/** How long a storage should keep it, in milliseconds: as long as it can be renewed from, else as long as it lives. */
export function keepForMs(site: RenewalSite, token: TokenData): number | undefined {
  const now = site.clock.now()
  if (token.refreshToken === undefined) return Math.max(1, Math.ceil(lifetimeMs(token, now, site.options.defaultLifetimeMs)))
  const { refreshTokenExpiresAt = Number.POSITIVE_INFINITY } = token
  return refreshTokenExpiresAt > lastDateMs ? undefined : Math.max(1, Math.ceil(refreshTokenExpiresAt - now))
}

function lifetimeRules(site: RenewalSite): LifetimeRules {
  const { clock, random, options } = site
  const { defaultLifetimeMs, renewAhead } = options
  return { now: clock.now(), monotonic: clock.monotonic(), random, defaultLifetimeMs, renewAhead }
}
