import { ensure } from './contract-case.ts'
import { fakeToken } from './fake-token.ts'
import {
  type CoordinatorTrial,
  commit,
  ensureStored,
  ensureToken,
  longMs,
  type StorageCheck,
  shortMs,
  withCoordinator,
} from './storage-trial.ts'

/** What claims and leases promise. */
export const leaseCases: readonly (readonly [string, StorageCheck])[] = [
  ['a claim of a key without a token gives the lease, with nothing under it', withCoordinator(checkFirst)],
  ['of 20 claims at the same time, by two processes, exactly one gets the lease', withCoordinator(checkAtomicity)],
  ['while a lease lasts, others are told busy, and for how long at most', withCoordinator(checkBusy)],
  ['a claim hands over a token that is newer than what the claimant holds, whoever has the lease', withCoordinator(checkNewer)],
  [
    'a claimant that holds the newest token gets the lease, with that token and its version under it',
    withCoordinator(checkReread),
  ],
  ['leases of two keys have nothing to do with each other', withCoordinator(checkKeys)],
  ['a lease that was not extended ends by itself, and another claim takes over', withCoordinator(checkEnd)],
  ['a lease lasts to its end, and others are told what is left of it', withCoordinator(checkWholeTime)],
  ['an extended lease lasts', withCoordinator(checkExtension)],
  ['a lost lease can neither be extended nor marked spent, and says so', withCoordinator(checkLost)],
  ['a released lease is free at once', withCoordinator(checkRelease)],
  ['a release that comes late does not end the lease of somebody else', withCoordinator(checkLateRelease)],
  ['a refresh token marked spent whose outcome nobody told puts the next holder in doubt', withCoordinator(checkDoubt)],
  ['doubt stays until somebody knows: release keeps it, unspent clears it', withCoordinator(checkUnspent)],
  ['a commit ends doubt, and so does a new token that was set', withCoordinator(checkDoubtEnds)],
]

async function checkFirst(trial: CoordinatorTrial): Promise<void> {
  const lease = await trial.lease()
  ensure(lease.stored === undefined, 'nothing was stored')
  ensure(lease.inDoubt === false, 'nothing can be in doubt')
}

async function checkAtomicity(trial: CoordinatorTrial): Promise<void> {
  const claims = await Promise.all(
    Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? trial.claim() : trial.claimByOther())),
  )
  const kinds = claims.map(({ kind }) => kind)
  const leases = kinds.filter((kind) => kind === 'leased').length
  ensure(leases === 1, `exactly one claim must get the lease (got ${leases})`)
  ensure(
    kinds.every((kind) => kind === 'leased' || kind === 'busy'),
    'the others must be told busy',
  )
}

async function checkBusy(trial: CoordinatorTrial): Promise<void> {
  await trial.trial.within(5_000, async () => {
    await trial.lease({ leaseMs: 5_000 })
    const claim = await trial.claimByOther()
    ensure(claim.kind === 'busy', `a leased key must be busy (got '${claim.kind}')`)
    ensure(
      claim.retryInMs > 0 && claim.retryInMs <= 5_000,
      `retryInMs must be what is left of the lease (got ${claim.retryInMs})`,
    )
  })
}

async function checkNewer(trial: CoordinatorTrial): Promise<void> {
  const token = fakeToken()
  const version = await trial.renew(token)
  ensureStored(await trial.claimByOther(), token, 'for a newcomer')
  ensureStored(await trial.claimByOther({ newerThan: version - 1 }), token, 'for the holder of an older one')
  await trial.lease({ newerThan: version })
  ensureStored(await trial.claimByOther(), token, 'while somebody renews')
}

async function checkReread(trial: CoordinatorTrial): Promise<void> {
  const token = fakeToken({ refreshToken: 'r' })
  const version = await trial.renew(token)
  const { stored } = await trial.leaseByOther({ newerThan: version })
  ensure(stored?.version === version, `the lease must tell the version of what is stored (got ${stored?.version})`)
  ensureToken(stored.token, token, 'under the lease')
  ensure(stored.token.refreshToken === 'r', 'the refresh token must be there')
}

async function checkKeys({ coordinator, other, key }: CoordinatorTrial): Promise<void> {
  const request = { newerThan: 0, leaseMs: longMs }
  const kinds = [await coordinator.claim(`${key}-a`, request), await other.claim(`${key}-b`, request)].map(({ kind }) => kind)
  ensure(kinds.join() === 'leased,leased', `both keys must be free (got ${kinds.join()})`)
}

async function checkEnd(trial: CoordinatorTrial): Promise<void> {
  await trial.lease({ leaseMs: shortMs })
  await trial.trial.advance(shortMs + 50)
  const lease = await trial.leaseByOther()
  ensure(lease.inDoubt === false, 'nothing was marked spent')
}

async function checkWholeTime(trial: CoordinatorTrial): Promise<void> {
  const leaseMs = 2 * shortMs
  await trial.trial.within(leaseMs, async () => {
    await trial.lease({ leaseMs })
    await trial.trial.advance(shortMs + 50)
    const claim = await trial.claimByOther()
    ensure(claim.kind === 'busy', `a lease of ${leaseMs} ms must still be held after ${shortMs + 50} ms (got '${claim.kind}')`)
    ensure(claim.retryInMs <= shortMs, `retryInMs must be what is left of the lease by then (got ${claim.retryInMs})`)
  })
}

async function checkExtension(trial: CoordinatorTrial): Promise<void> {
  await trial.trial.within(shortMs, async () => {
    const lease = await trial.lease({ leaseMs: shortMs })
    ensure(await lease.extend(longMs), 'a lease that is held can be extended')
  })
  await trial.trial.advance(shortMs + 50)
  ensure((await trial.claimByOther()).kind === 'busy', 'an extended lease must still be held')
}

async function checkLost(trial: CoordinatorTrial): Promise<void> {
  const lost = await trial.lease({ leaseMs: shortMs })
  await trial.trial.advance(shortMs + 50)
  const lease = await trial.leaseByOther()
  ensure((await lost.extend(longMs)) === false, 'a lost lease must not be extended')
  ensure((await lost.markSpent()) === false, 'with a lost lease nothing may be marked spent')
  await lease.release()
  ensure((await trial.lease()).inDoubt === false, 'a mark that was refused must not have been made')
}

async function checkRelease(trial: CoordinatorTrial): Promise<void> {
  await (await trial.lease()).release()
  await trial.leaseByOther()
}

async function checkLateRelease(trial: CoordinatorTrial): Promise<void> {
  const late = await trial.lease({ leaseMs: shortMs })
  await trial.trial.advance(shortMs + 50)
  await trial.leaseByOther()
  await late.release({ unspent: true })
  ensure((await trial.claim()).kind === 'busy', "somebody else's lease must go on")
}

async function checkDoubt(trial: CoordinatorTrial): Promise<void> {
  const newerThan = await trial.renew(fakeToken({ refreshToken: 'r' }))
  await trial.trial.within(shortMs, async () => {
    const lease = await trial.lease({ newerThan, leaseMs: shortMs })
    ensure(lease.inDoubt === false, 'nothing was marked spent yet')
    ensure(await lease.markSpent(), 'a lease that is held can be marked spent')
  })
  await trial.trial.advance(shortMs + 50)
  const next = await trial.leaseByOther({ newerThan })
  ensure(next.inDoubt, 'the next holder must know that the refresh token may be spent')
  ensure(next.stored?.token.refreshToken === 'r', 'the refresh token in doubt must still be there')
}

async function checkUnspent(trial: CoordinatorTrial): Promise<void> {
  const newerThan = await trial.renew(fakeToken({ refreshToken: 'r' }))
  const first = await trial.lease({ newerThan })
  await first.markSpent()
  await first.release()
  const second = await trial.leaseByOther({ newerThan })
  ensure(second.inDoubt, 'a release that says nothing must keep the doubt')
  await second.release({ unspent: true })
  ensure((await trial.lease({ newerThan })).inDoubt === false, 'a refresh token that surely was not consumed is in no doubt')
}

async function checkDoubtEnds(trial: CoordinatorTrial): Promise<void> {
  const first = await trial.lease()
  await first.markSpent()
  const newerThan = await commit(first, fakeToken())
  const second = await trial.leaseByOther({ newerThan })
  ensure(second.inDoubt === false, 'a commit tells the outcome')
  await second.markSpent()
  await second.release()
  await trial.trial.storage.set(trial.key, fakeToken())
  const claim = await trial.claim({ newerThan })
  ensure(claim.kind === 'stored', 'what was set is newer than all before')
  ensure((await trial.lease({ newerThan: claim.stored.version })).inDoubt === false, 'a token that was set is in no doubt')
}
