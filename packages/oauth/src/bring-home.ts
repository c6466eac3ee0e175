import { isUsable, keepForMs } from './hold-token.ts'
import { leaseMs } from './renewal-constants.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { KeepAnswer } from './renewal-turn.ts'
import { isUnreadable, readVersioned, type Standing } from './stored-token.ts'
import type { TokenData } from './token-data.ts'
import { takeMarks } from './token-marks.ts'
import { dropAccessPart, isAccessPartDropped } from './token-parts.ts'
import type { RenewalCoordinator } from './token-storage.ts'

/** Stores a token that was minted without the lease: unless something better stands there by now. */
export async function bringHome(
  site: RenewalSite,
  coordinator: RenewalCoordinator,
  token: TokenData,
  newerThan: number,
): Promise<KeepAnswer> {
  const { guard, key } = site
  // Nobody has any use for it any more.
  if (token.refreshToken === undefined && !isUsable(site, token)) return { kind: 'superseded', stored: undefined }
  const retry = (): Promise<KeepAnswer> => bringHome(site, coordinator, token, newerThan)
  const answer = await guard.call('claim', () =>
    coordinator.claim(key, { newerThan, leaseMs, ignoreFailure: true, sendsNothing: true }),
  )
  const claim = answer.answered ? answer.value : undefined
  if (claim?.kind === 'stored') return overcome(site, coordinator, token, claim, newerThan)
  if (claim?.kind !== 'leased') return { kind: 'unsaved', retry }
  if (isUnreadable(site, claim.lease) && (claim.lease.version ?? 0) > newerThan) {
    // Newer than ours, and good to others.
    await guard.call('release', () => claim.lease.release({ quiet: true }))
    return { kind: 'unsaved', retry }
  }
  const committed = await guard.call('commit', () => claim.lease.commit(token, { keepForMs: keepForMs(site, token) }))
  if (!committed.answered) return { kind: 'unsaved', retry }
  if (committed.value.committed) return { kind: 'kept', version: committed.value.version }
  return overcome(site, coordinator, token, committed.value, newerThan)
}

/** What stands there wins, unless its refresh token is the one that ours has replaced, or its access token has expired and ours has not. */
export async function overcome(
  site: RenewalSite,
  coordinator: RenewalCoordinator,
  token: TokenData,
  standing: Standing,
  newerThan: number,
): Promise<KeepAnswer> {
  const stored = readVersioned(site, standing.stored)
  if (stored === undefined && isUnreadable(site, standing)) {
    return { kind: 'unsaved', retry: () => bringHome(site, coordinator, token, newerThan) }
  }
  if (stored === undefined || stored.version <= newerThan || !isBetter(site, token, stored.token)) {
    return { kind: 'superseded', stored }
  }
  // It was invalidated meanwhile: of ours, too, only the refresh part is brought.
  const isInvalidated = isAccessPartDropped(stored.token)
  const brought = isInvalidated ? dropAccessPart(token, site.clock.now()) : token
  const answer = await bringHome(site, coordinator, brought, stored.version)
  return isInvalidated && answer.kind === 'kept'
    ? { kind: 'superseded', stored: { token: brought, version: answer.version } }
    : answer
}

function isBetter(site: RenewalSite, token: TokenData, standing: TokenData): boolean {
  const { slot } = site
  if (token.refreshToken !== undefined && slot.isSpent(standing.refreshToken)) return !slot.isSpent(token.refreshToken)
  // Nobody has any use for an expired access token, unless for the refresh token beside it.
  const losesNothing = token.refreshToken !== undefined || standing.refreshToken === undefined
  const isLasting = !takeMarks(token).marks.singleUse && !isAccessPartDropped(standing)
  return losesNothing && isLasting && !isUsable(site, standing) && isUsable(site, token)
}
