import { ensure } from './contract-case.ts'
import { fakeToken } from './fake-token.ts'
import { type CoordinatorTrial, commit, ensureToken, longMs, type StorageCheck, withCoordinator } from './storage-trial.ts'

/** What `remove` promises. */
export const removalCases: readonly (readonly [string, StorageCheck])[] = [
  ['remove forgets a token of at most that version', withCoordinator(checkRemoval)],
  ['remove leaves a newer token alone', withCoordinator(checkNewer)],
  ['a commit that began before a removal loses, and learns that nothing is there', withCoordinator(checkLateCommit)],
  ['a token that follows a removal has a higher version than all before', withCoordinator(checkVersion)],
  ['removing what is not there is no error, and counts for commits that began before', withCoordinator(checkUnknown)],
  ['delete raises the version too', withCoordinator(checkDelete)],
  ['a removal is remembered for an hour', withCoordinator(checkTombstone)],
]

async function checkRemoval(trial: CoordinatorTrial): Promise<void> {
  const version = await trial.renew()
  ensure((await trial.coordinator.remove(trial.key, version)) === true, 'remove of the version that stands must give true')
  ensureToken(await trial.trial.storage.get(trial.key), undefined, 'get after remove')
  ensureToken(await trial.trial.other.get(trial.key), undefined, 'get elsewhere after remove')
  const lease = await trial.leaseByOther()
  ensure(lease.stored === undefined, 'nothing may be under a lease after remove')
  ensure(lease.version === undefined || lease.version > version, 'the version must have been raised')
}

async function checkNewer(trial: CoordinatorTrial): Promise<void> {
  const first = await trial.renew()
  const token = fakeToken()
  await trial.renew(token, { newerThan: first })
  ensure((await trial.other.remove(trial.key, first)) === false, 'remove of an older version must give false')
  ensureToken(await trial.trial.storage.get(trial.key), token, 'after the refused removal')
}

async function checkLateCommit(trial: CoordinatorTrial): Promise<void> {
  const version = await trial.renew()
  const lease = await trial.lease({ newerThan: version })
  await trial.other.remove(trial.key, version)
  const result = await lease.commit(fakeToken(), {})
  ensure(!result.committed, 'a commit that began before the removal must be refused')
  ensure(result.stored === undefined, 'and there is nothing that it could tell')
  ensureToken(await trial.trial.storage.get(trial.key), undefined, 'after the refused commit')
}

async function checkVersion(trial: CoordinatorTrial): Promise<void> {
  const version = await trial.renew()
  await trial.coordinator.remove(trial.key, version)
  const next = await commit(await trial.leaseByOther(), fakeToken())
  ensure(next > version, `the version after a removal must be higher than ${version} (got ${next})`)
}

async function checkUnknown(trial: CoordinatorTrial): Promise<void> {
  const lease = await trial.lease()
  await trial.other.remove(trial.key, 0)
  const result = await lease.commit(fakeToken(), {})
  ensure(!result.committed, 'a commit that began before the removal must be refused')
}

async function checkDelete(trial: CoordinatorTrial): Promise<void> {
  const version = await trial.renew()
  const lease = await trial.lease({ newerThan: version })
  await trial.trial.other.delete(trial.key)
  const result = await lease.commit(fakeToken(), {})
  ensure(!result.committed, 'a commit that began before the deletion must be refused')
}

async function checkTombstone(trial: CoordinatorTrial): Promise<void> {
  if (!trial.trial.isTimeVirtual) return
  const version = await trial.renew()
  const lease = await trial.lease({ newerThan: version, leaseMs: longMs })
  await trial.coordinator.remove(trial.key, version)
  await trial.trial.advance(3_500_000)
  ensure(!(await lease.commit(fakeToken(), {})).committed, 'a commit within the hour must be refused')
}
