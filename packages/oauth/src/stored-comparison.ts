import { overcome } from './bring-home.ts'
import { dropHeldAccess, dropHeldRefresh, holdToken, keepForMs } from './hold-token.ts'
import { leaseMs } from './renewal-constants.ts'
import type { RenewalSite } from './renewal-site.ts'
import { isReadable, isUnreadable, readStored, readVersioned } from './stored-token.ts'
import type { TokenData } from './token-data.ts'
import { isAccessPartDropped } from './token-parts.ts'
import type { HeldToken } from './token-slot.ts'
import type { Claim, RenewalCoordinator, RenewalLease, StoredToken } from './token-storage.ts'
import { UnsavedToken } from './unsaved-token.ts'

/**
 * Brings the process copy and what is stored into line, as far as it can be told which of them is the newer. Returns false if the storage has
 * not answered.
 */
export async function compareWithStored(site: RenewalSite, coordinator: RenewalCoordinator): Promise<boolean> {
  const { slot, guard, key, options } = site
  if (slot.usable(site.clock.monotonic()) === undefined || slot.isAhead) return true
  const read = await guard.call('get', async () => options.storage?.get(key))
  if (!read.answered) return false
  if (slot.isRenewing || slot.held === undefined) return true
  const token = readStored(site, read.value)
  // What cannot be read here is no removal: it may be good to others.
  if (token === undefined && read.value !== undefined && read.value !== null && !isReadable(site, read.value)) return true
  if (token !== undefined && token.accessToken === slot.held.data.accessToken) return true
  return claimAndCompare(site, coordinator, token)
}

/** Something else stands there than what this process has: under the lease it can be told which is the newer. */
async function claimAndCompare(
  site: RenewalSite,
  coordinator: RenewalCoordinator,
  token: TokenData | undefined,
): Promise<boolean> {
  const { slot, guard, key } = site
  const claimed = await guard.call(
    'claim',
    () => coordinator.claim(key, { newerThan: slot.version, leaseMs, sendsNothing: true }),
    (late) => (late?.kind === 'leased' ? void giveBack(site, late.lease) : undefined),
  )
  if (!claimed.answered) return false
  const claim = claimed.value
  if (claim?.kind === 'leased' && isRestorable(site, claim.lease)) await restore(site, claim.lease)
  else {
    if (claim?.kind === 'leased') await giveBack(site, claim.lease)
    if (!slot.isRenewing) take(site, coordinator, claim, token)
  }
  return true
}

function take(site: RenewalSite, coordinator: RenewalCoordinator, claim: Claim | undefined, token: TokenData | undefined): void {
  if (claim?.kind === 'failed' && claim.failure.reauthentication !== undefined) dropHeldRefresh(site, undefined)
  if (claim?.kind === 'stored') adopt(site, coordinator, claim.stored)
  // Its version is one that we know, but another token than ours stands under it: ours is older, however we came by the version.
  else if (claim?.kind === 'leased' && token !== undefined) catchUp(site, coordinator, claim.lease.stored)
  else if (claim !== undefined && token === undefined && !isUnreadable(site, claim.kind === 'leased' ? claim.lease : claim))
    forget(site, claim.kind === 'leased' ? claim.lease.version : undefined)
}

/** True when the storage has lost what this process knows: it failed over to an older copy, or was emptied. */
function isRestorable(site: RenewalSite, lease: RenewalLease): boolean {
  const version: unknown = lease.stored?.version ?? lease.version
  return typeof version === 'number' && version < site.slot.version && site.slot.held?.version === site.slot.version
}

/** The higher version wins, and the others need not renew. */
async function restore(site: RenewalSite, lease: RenewalLease): Promise<void> {
  const { slot, guard } = site
  const { held } = slot
  if (held === undefined) return giveBack(site, lease)
  const answer = await guard.call('commit', () => lease.commit(held.data, { keepForMs: keepForMs(site, held.data) }))
  if (!answer.answered || !answer.value.committed || slot.held !== held) return
  slot.hold({ ...held, version: answer.value.version })
}

function adopt(site: RenewalSite, coordinator: RenewalCoordinator, given: unknown): void {
  const stored = readVersioned(site, given)
  const { held, version } = site.slot
  if (stored === undefined || stored.version <= version) return
  const isReplaced = site.slot.isSpent(stored.token.refreshToken) && !site.slot.isSpent(held?.data.refreshToken)
  if (isReplaced && held?.data.refreshToken !== undefined) outlast(site, coordinator, held, stored)
  else hold(site, stored)
}

/** Else the next notice would find the same difference, and the one after it too. */
function catchUp(site: RenewalSite, coordinator: RenewalCoordinator, given: unknown): void {
  const stored = readVersioned(site, given)
  const { held } = site.slot
  if (stored === undefined || held === undefined) return
  // Older than ours, and what made it so is not known: neither is used.
  if (stored.version < held.version) {
    dropHeldAccess(site)
    return
  }
  // An invalidation of what stood there before ours: the storage was rolled back.
  const isReplaced = stored.version === held.version && isAccessPartDropped(stored.token)
  if (isReplaced && held.data.refreshToken !== undefined && held.data.refreshToken !== stored.token.refreshToken)
    outlast(site, coordinator, held, stored)
  else hold(site, stored)
}

/** The stored refresh token is the one that ours has replaced: ours is brought there, without its access part if that was invalidated. */
function outlast(site: RenewalSite, coordinator: RenewalCoordinator, held: HeldToken, stored: StoredToken): void {
  const { slot } = site
  if (stored.token.refreshToken !== undefined) slot.spend(stored.token.refreshToken)
  if (isAccessPartDropped(stored.token)) dropHeldAccess(site)
  slot.unsaved?.cancel()
  slot.unsaved = new UnsavedToken(
    site,
    { retry: () => overcome(site, coordinator, held.data, { stored }, stored.version - 1) },
    true,
  )
}

function hold(site: RenewalSite, stored: StoredToken): void {
  holdToken(site, stored)
  site.events.emit('adopted', { version: stored.version })
}

/** Nothing is stored any more. A version above ours says that it was removed; else the storage may have lost all, and we keep what renews. */
function forget(site: RenewalSite, version: number | undefined): void {
  const { slot } = site
  if (version !== undefined && version > slot.version) {
    slot.version = version
    slot.drop()
  } else {
    dropHeldAccess(site)
  }
  site.events.emit('invalidated', {})
}

async function giveBack(site: RenewalSite, lease: RenewalLease): Promise<void> {
  // `unspent` would clear another holder's doubt: only a look was taken. What cannot be read would be looked at again at our own notice, for ever.
  await site.guard.call('release', () => lease.release(isUnreadable(site, lease) ? { quiet: true } : undefined))
}
