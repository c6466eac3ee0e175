import { keepForMs } from './hold-token.ts'
import { leaseMs } from './renewal-constants.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { KeepAnswer } from './renewal-turn.ts'
import type { TokenData } from './token-data.ts'
import { dropAccessPart } from './token-merge.ts'
import { readToken } from './token-shape.ts'
import type { RenewalCoordinator, TokenStorage } from './token-storage.ts'
import { UnsavedToken } from './unsaved-token.ts'

/** What to forget. */
export interface Forgetting {
  /** Where only a refresh token may be able to renew, that part is kept: else the user would be logged out. */
  readonly keepRefresh: boolean
  /** What this process held. */
  readonly accessToken: string | undefined
}

/** Forgets the stored token; if the storage is away, as soon as it is back. */
export async function forgetToken(site: RenewalSite, forgetting: Forgetting): Promise<void> {
  const { storage } = site.options
  if (storage === undefined) return
  const { generation } = site.slot
  const forget = async (): Promise<KeepAnswer> => {
    const done = await (storage.coordinator === undefined
      ? forgetPlain(site, storage, forgetting)
      : forgetCoordinated(site, storage, storage.coordinator, forgetting))
    return done ? { kind: 'kept', version: site.slot.version } : { kind: 'unsaved', retry: forget }
  }
  const answer = await forget()
  // What was minted meanwhile will be written over it anyway.
  if (answer.kind === 'unsaved' && site.slot.generation === generation && site.slot.unsaved === undefined) {
    site.slot.unsaved = new UnsavedToken(site, forget)
  }
}

async function forgetPlain(site: RenewalSite, storage: TokenStorage, forgetting: Forgetting): Promise<boolean> {
  const rest = forgetting.keepRefresh ? await refreshPart(site, storage) : undefined
  if (rest === 'unknown') return false
  const answer = await site.guard.call('delete', () =>
    rest === undefined ? storage.delete(site.key) : storage.set(site.key, rest, { keepForMs: keepForMs(site, rest) }),
  )
  return answer.answered
}

async function forgetCoordinated(
  site: RenewalSite,
  storage: TokenStorage,
  coordinator: RenewalCoordinator,
  forgetting: Forgetting,
): Promise<boolean> {
  const rest = forgetting.keepRefresh ? await refreshPart(site, storage) : undefined
  if (rest === 'unknown') return false
  const { guard, key, slot } = site
  const answer = await guard.call('claim', () =>
    coordinator.claim(key, { newerThan: slot.version, leaseMs, ignoreFailure: true }),
  )
  if (!answer.answered) return false
  const claim = answer.value
  if (claim?.kind === 'leased' && rest !== undefined) {
    const committed = await guard.call('commit', () => claim.lease.commit(rest, { keepForMs: keepForMs(site, rest) }))
    if (committed.answered && committed.value.committed) slot.version = committed.value.version
    return committed.answered
  }
  if (claim?.kind === 'stored' && rest !== undefined) {
    // A storage that offers the same again and again would keep us here for ever.
    if (!(claim.stored?.version > slot.version)) return false
    slot.version = claim.stored.version
    return forgetCoordinated(site, storage, coordinator, forgetting)
  }
  if (claim?.kind === 'leased') await guard.call('release', () => claim.lease.release())
  if (rest !== undefined) return false
  const stored = claim?.kind === 'stored' ? claim.stored : claim?.kind === 'leased' ? claim.lease.stored : undefined
  const removed = await guard.call('remove', () => coordinator.remove(key, Math.max(slot.version, stored?.version ?? 0)))
  return removed.answered
}

/** The stored refresh part without its access part; undefined if there is none. */
async function refreshPart(site: RenewalSite, storage: TokenStorage): Promise<TokenData | 'unknown' | undefined> {
  const read = await site.guard.call('get', () => storage.get(site.key))
  if (!read.answered) return 'unknown'
  const { token } = readToken(read.value, site.clock.now())
  return token?.refreshToken === undefined ? undefined : dropAccessPart(token, site.clock.now())
}
