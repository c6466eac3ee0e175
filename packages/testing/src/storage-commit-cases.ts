import type { TokenData } from '@requestforge/oauth'
import { ensure } from './contract-case.ts'
import { fakeToken } from './fake-token.ts'
import {
  type CoordinatorTrial,
  clockToleranceMs,
  commit,
  ensureStored,
  ensureToken,
  type StorageCheck,
  shortMs,
  withCoordinator,
} from './storage-trial.ts'

/** What commits and versions promise. */
export const commitCases: readonly (readonly [string, StorageCheck])[] = [
  ['a commit stores the token for all, and ends the lease', withCoordinator(checkCommit)],
  [
    'a holder that overslept cannot overwrite what another has committed, and learns what that is',
    withCoordinator(checkOverslept),
  ],
  [
    'a holder that overslept while nothing happened still commits: the version counts, not the lease',
    withCoordinator(checkLateCommit),
  ],
  [
    'a refresh token that a late commit has replaced is not marked spent any more, so it is not sent',
    withCoordinator(checkSpendAfterLateCommit),
  ],
  ['repeating a commit is harmless', withCoordinator(checkRepeated)],
  ['versions only grow', withCoordinator(checkVersions)],
  ['a version grows above what the claimant has seen, even if the storage has lost everything', withCoordinator(checkFlushed)],
  ['what is set is newer than what was committed, and a commit that began before it loses', withCoordinator(checkSet)],
  ['a committed token is forgotten when keepForMs is over, its version is not', withCoordinator(checkKeepFor)],
  ['a single-use token, kept for a second, reaches those who wait', withCoordinator(checkSingleUse)],
  ['times come back in the clock of who reads, commits included', withCoordinator(checkTimes)],
]

async function checkCommit(trial: CoordinatorTrial): Promise<void> {
  const token = fakeToken({ refreshToken: 'r', scope: 'read' })
  const version = await trial.renew(token)
  ensureToken(await trial.trial.storage.get(trial.key), token, 'get here')
  ensureToken(await trial.trial.other.get(trial.key), token, 'get elsewhere')
  const claim = await trial.claimByOther()
  ensureStored(claim, token, 'claim elsewhere')
  ensure(claim.kind === 'stored' && claim.stored.version === version, 'the claim must tell the version of the commit')
  await trial.leaseByOther({ newerThan: version })
}

async function checkOverslept(trial: CoordinatorTrial): Promise<void> {
  const overslept = await trial.lease({ leaseMs: shortMs })
  await trial.trial.advance(shortMs + 50)
  const token = fakeToken()
  const version = await commit(await trial.leaseByOther(), token)
  const result = await overslept.commit(fakeToken(), {})
  ensure(!result.committed, 'a commit on an older version must be refused')
  ensureToken(result.stored?.token, token, 'what the refused commit tells')
  ensure(result.stored?.version === version, 'the refused commit must tell the version that stands')
  ensureToken(await trial.trial.storage.get(trial.key), token, 'after the refused commit')
}

async function checkSpendAfterLateCommit(trial: CoordinatorTrial): Promise<void> {
  const newerThan = await trial.renew(fakeToken({ refreshToken: 'r1' }))
  const overslept = await trial.lease({ newerThan, leaseMs: shortMs })
  await trial.trial.advance(shortMs + 50)
  const next = await trial.leaseByOther({ newerThan })
  await commit(overslept, fakeToken({ refreshToken: 'r2' }))
  ensure(!(await next.markSpent()), 'markSpent must refuse: what the lease has read has been replaced')
}

async function checkLateCommit(trial: CoordinatorTrial): Promise<void> {
  const token = fakeToken()
  const lease = await trial.lease({ leaseMs: shortMs })
  await trial.trial.advance(shortMs + 50)
  await commit(lease, token)
  ensureToken(await trial.trial.other.get(trial.key), token, 'committed after the end of the lease')
}

async function checkRepeated(trial: CoordinatorTrial): Promise<void> {
  const token = fakeToken()
  const lease = await trial.lease()
  const version = await commit(lease, token)
  const again = await commit(lease, token)
  ensure(again === version, `the same commit must have the same version (got ${again} after ${version})`)
  const newer = fakeToken()
  await commit(await trial.leaseByOther({ newerThan: version }), newer)
  const late = await lease.commit(token, {})
  ensure(!late.committed, 'a repeated commit must not overwrite what came after it')
  ensureToken(await trial.trial.storage.get(trial.key), newer, 'after the late repetition')
}

async function checkVersions(trial: CoordinatorTrial): Promise<void> {
  const versions = [0]
  for (let round = 0; round < 3; round++) {
    versions.push(await trial.renew(fakeToken(), { newerThan: versions.at(-1) ?? 0 }))
    await trial.trial.storage.set(trial.key, fakeToken())
    const claim = await trial.claimByOther({ newerThan: versions.at(-1) ?? 0 })
    ensure(claim.kind === 'stored', 'what was set must be newer than what was committed')
    versions.push(claim.stored.version)
  }
  const isGrowing = versions.every((version, index) => index === 0 || version > (versions[index - 1] ?? 0))
  ensure(isGrowing, `versions must grow (got ${versions.join(', ')})`)
}

async function checkFlushed(trial: CoordinatorTrial): Promise<void> {
  const version = await trial.renew(fakeToken(), { newerThan: 41 })
  ensure(version >= 42, `who has seen version 41 commits a higher one (got ${version})`)
}

async function checkSet(trial: CoordinatorTrial): Promise<void> {
  const token = fakeToken()
  const lease = await trial.lease()
  await trial.trial.other.set(trial.key, token)
  const result = await lease.commit(fakeToken(), {})
  ensure(!result.committed, 'a commit that began before the set must be refused')
  ensureToken(await trial.trial.storage.get(trial.key), token, 'after the refused commit')
}

async function checkKeepFor(trial: CoordinatorTrial): Promise<void> {
  const version = await commit(await trial.lease(), fakeToken(), shortMs)
  await trial.trial.advance(shortMs + 50)
  ensureToken(await trial.trial.storage.get(trial.key), undefined, 'after keepForMs')
  const lease = await trial.leaseByOther()
  ensure(lease.stored === undefined, 'a forgotten token must not be under a lease')
  const next = await commit(lease, fakeToken())
  ensure(next > version, `the next version must be higher than ${version} (got ${next})`)
}

async function checkSingleUse(trial: CoordinatorTrial): Promise<void> {
  const token = fakeToken({ expiresInMs: 0 })
  const lease = await trial.lease()
  await trial.trial.within(1_000, async () => {
    await commit(lease, token, 1_000)
    ensureStored(await trial.claimByOther(), token, 'for who waited')
  })
}

async function checkTimes(trial: CoordinatorTrial): Promise<void> {
  const now = Date.now()
  const token: TokenData = { accessToken: 'a', issuedAt: now, expiresAt: now + 600_000 }
  const newerThan = await trial.renew(token)
  const read = [await trial.trial.other.get(trial.key), (await trial.leaseByOther({ newerThan })).stored?.token]
  for (const each of read) {
    const offMs = Math.abs((each?.expiresAt ?? 0) - now - 600_000)
    ensure(offMs <= clockToleranceMs, `expiresAt must come back as it was (${offMs} ms off)`)
  }
}
