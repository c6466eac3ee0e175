import { holdToken, keepForMs, learnReplaced } from './hold-token.ts'
import { leaseMs } from './renewal-constants.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { KeepAnswer } from './renewal-turn.ts'
import { isReadable, isUnreadable, readVersioned } from './stored-token.ts'
import type { TokenData } from './token-data.ts'
import { withMarks } from './token-marks.ts'
import { dropAccessPart } from './token-parts.ts'
import { readToken } from './token-shape.ts'
import type { RenewalCoordinator, RenewalLease, TokenStorage } from './token-storage.ts'
import { UnsavedToken } from './unsaved-token.ts'

/** What to forget. */
export interface Forgetting {
  /** Where only a refresh token may be able to renew, that part is kept: else the user would be logged out. */
  readonly keepRefresh: boolean
  /** What this process held, if the storage did not have it yet: the newer refresh token. */
  readonly ahead?: TokenData | undefined
}

/**
 * Forgets the stored token; if the storage is away, as soon as it is back.
 *
 * @throws {ConfigurationError} when the storage is misconfigured; as soon as it is right again, the token is forgotten all the same
 */
export async function forgetToken(site: RenewalSite, forgetting: Forgetting): Promise<void> {
  const { storage } = site.options
  if (storage === undefined) return
  const { generation } = site.slot
  const forget = async (): Promise<KeepAnswer> => {
    const done = await (storage.coordinator === undefined
      ? forgetPlain(site, storage, forgetting)
      : forgetCoordinated(site, storage.coordinator, forgetting))
    return done ? { kind: 'forgotten' } : { kind: 'unsaved', retry: forget }
  }
  const answer = await forget().catch((refusal: unknown) => ({ kind: 'unsaved', retry: forget, refusal }) as const)
  // What was minted meanwhile will be written over it anyway.
  if (answer.kind === 'unsaved' && site.slot.generation === generation && site.slot.unsaved === undefined) {
    site.slot.unsaved = new UnsavedToken(site, answer, false)
  }
  if (answer.kind === 'unsaved' && answer.refusal !== undefined) throw answer.refusal
}

async function forgetPlain(site: RenewalSite, storage: TokenStorage, { keepRefresh, ahead }: Forgetting): Promise<boolean> {
  const { guard, key, slot } = site
  const read = keepRefresh ? await guard.call('get', () => storage.get(key)) : undefined
  if (read?.answered === false || isRotating(site, { keepRefresh })) return false
  const stored = refreshPart(site, read?.value)
  const isBehind = stored === undefined || slot.isSpent(stored.refreshToken)
  // What we hold and the storage does not have yet is the newer one.
  const own = keepRefresh && isBehind && !slot.isSpent(ahead?.refreshToken) ? refreshPart(site, ahead) : undefined
  const rest = own ?? stored
  // What was read is old: a newer refresh token is on its way to the storage, or there by now.
  if (slot.isSpent(rest?.refreshToken)) return true
  const isThere = read?.value !== undefined && read.value !== null
  // What cannot be read may be a session: it is tried again, never removed.
  if (rest === undefined && isThere && !isReadable(site, read.value)) return false
  const answer = await guard.call('delete', () =>
    rest === undefined ? storage.delete(key) : storage.set(key, rest, { keepForMs: keepForMs(site, rest) }),
  )
  // What stood there was newer than ours: so is what is left of it.
  if (keepRefresh && slot.held !== undefined && isIdle(site) && isReadable(site, read?.value)) {
    if (rest === undefined) slot.drop()
    else holdToken(site, { token: rest, version: slot.version })
  }
  return answer.answered
}

async function forgetCoordinated(
  site: RenewalSite,
  coordinator: RenewalCoordinator,
  forgetting: Forgetting,
  newerThan: number = site.slot.version,
): Promise<boolean> {
  const { guard, key } = site
  if (isOvertaken(site)) return true
  if (isRotating(site, forgetting)) return false
  const answer = await guard.call('claim', () => coordinator.claim(key, { newerThan, leaseMs, ignoreFailure: true }))
  const claim = answer.answered ? answer.value : undefined
  const stored = claim?.kind === 'stored' ? readVersioned(site, claim.stored) : undefined
  if (stored !== undefined) learnReplaced(site, stored)
  switch (claim?.kind) {
    case 'stored':
      // A storage that offers the same again and again would keep us here for ever.
      if (!(claim.stored?.version > newerThan)) return false
      return forgetCoordinated(site, coordinator, forgetting, claim.stored.version)
    case 'leased':
      return forgetLeased(site, coordinator, claim.lease, forgetting)
    case 'busy':
      // Somebody renews: with the version raised, what he brings is not taken. But a refresh token that he rotates must not be lost.
      return forgetting.keepRefresh ? false : remove(site, coordinator, newerThan)
    default:
      return false
  }
}

/** Under the lease nobody rotates what is read here. */
async function forgetLeased(
  site: RenewalSite,
  coordinator: RenewalCoordinator,
  lease: RenewalLease,
  { keepRefresh, ahead }: Forgetting,
): Promise<boolean> {
  const { guard, slot } = site
  if (isOvertaken(site)) {
    await guard.call('release', () => lease.release())
    return true
  }
  const storedRefresh = lease.stored?.token?.refreshToken
  // What we hold and the storage does not have yet is the newer one, unless others have gone on from it.
  const isAhead = ahead !== undefined && !slot.isSpent(ahead.refreshToken)
  const isBehind = slot.isSpent(storedRefresh) || isRolledBack(site, lease)
  const newest = isAhead ? ahead : isBehind ? slot.held?.data : lease.stored?.token
  const rest = keepRefresh ? refreshPart(site, newest) : undefined
  if (keepRefresh && rest === undefined && !isReadable(site, lease.stored?.token)) {
    await guard.call('release', () => lease.release())
    // What cannot be read may be a session: it is tried again, never removed. What is not there is forgotten.
    return lease.stored === undefined && !isUnreadable(site, lease)
  }
  if (rest === undefined) {
    const version = lease.stored?.version ?? (isUnreadable(site, lease) ? lease.version : undefined)
    const removed = await remove(site, coordinator, Math.max(slot.version, version ?? 0))
    await guard.call('release', () => lease.release())
    return removed
  }
  // A commit clears the spend mark: the doubt has to stay with the token that it is about.
  const isInDoubt = rest.refreshToken === storedRefresh ? lease.inDoubt === true : slot.doubtful === rest.refreshToken
  const token = isInDoubt ? withMarks(rest, { inDoubt: true }) : rest
  const committed = await guard.call('commit', () => lease.commit(token, { keepForMs: keepForMs(site, token) }))
  // Answers may come out of order: what has come in since is newer.
  if (committed.answered && committed.value.committed && committed.value.version >= slot.version) {
    slot.version = committed.value.version
    // What came in while this was on its way has been written over: nobody uses it any more.
    if (slot.held !== undefined) holdToken(site, { token, version: committed.value.version })
  }
  return committed.answered
}

/** What stands there is older than the refresh token that we hold. */
function isRolledBack({ slot: { held } }: RenewalSite, { stored }: RenewalLease): boolean {
  return held?.data.refreshToken !== undefined && (stored?.version ?? held.version) < held.version
}

/** Nothing has come in since, and nothing is on its way. */
function isIdle({ slot, clock }: RenewalSite): boolean {
  return slot.flight === undefined && slot.usable(clock.monotonic()) === undefined
}

/** Our own renewal may be rotating the refresh token that would be kept: it sees the invalidation, and keeps the new one. */
function isRotating({ slot }: RenewalSite, { keepRefresh }: Pick<Forgetting, 'keepRefresh'>): boolean {
  return keepRefresh && slot.flight !== undefined
}

/** True when a token has come since the invalidation, which is not meant for it. */
function isOvertaken(site: RenewalSite): boolean {
  return site.slot.usable(site.clock.monotonic()) !== undefined
}

async function remove(site: RenewalSite, coordinator: RenewalCoordinator, version: number): Promise<boolean> {
  return (await site.guard.call('remove', () => coordinator.remove(site.key, version))).answered
}

/** The stored refresh part without its access part; undefined if there is none. */
function refreshPart(site: RenewalSite, value: unknown): TokenData | undefined {
  const { token } = readToken(value, site.clock.now())
  return token?.refreshToken === undefined ? undefined : dropAccessPart(token, site.clock.now())
}
