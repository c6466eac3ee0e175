import type { SharedFailure } from '@requestforge/oauth'
import { ensure } from './contract-case.ts'
import { fakeToken } from './fake-token.ts'
import {
  type CoordinatorTrial,
  commit,
  ensureStored,
  longMs,
  type StorageCheck,
  shortMs,
  withCoordinator,
} from './storage-trial.ts'

/** What shared failures promise. */
export const failureCases: readonly (readonly [string, StorageCheck])[] = [
  ['a failure is told to all who claim, whole, until its time is over', withCoordinator(checkTold)],
  ['a forced claim does not hear of failures', withCoordinator(checkForced)],
  ['a forced attempt that fails does not shorten the pause that was told before', withCoordinator(checkPauseKept)],
  ['a commit ends a failure', withCoordinator(checkCommit)],
  ['a removal ends a failure', withCoordinator(checkRemoval)],
  ['a token that is newer comes before a failure', withCoordinator(checkNewer)],
  ['the failure of one who has lost the lease is not told', withCoordinator(checkLost)],
]

const failure: SharedFailure = {
  message: 'the server said "no" to ä',
  retryable: true,
  oauthError: 'temporarily_unavailable',
  oauthErrorDescription: 'busy',
  reauthentication: 'refresh_rejected',
}

async function checkTold(trial: CoordinatorTrial): Promise<void> {
  const lease = await trial.lease()
  await trial.trial.within(shortMs, async () => {
    await lease.release({ failure, retryInMs: shortMs })
    for (const claim of [await trial.claim(), await trial.claimByOther()]) {
      ensure(claim.kind === 'failed', `the failure must be told (got '${claim.kind}')`)
      ensure(claim.retryInMs > 0 && claim.retryInMs <= shortMs, `retryInMs must be what is left (got ${claim.retryInMs})`)
      for (const [name, value] of Object.entries(failure)) {
        ensure(claim.failure[name as keyof SharedFailure] === value, `${name} of the failure must be told as it was`) // a name of `failure`
      }
    }
  })
  await trial.trial.advance(shortMs + 50)
  await trial.leaseByOther()
}

async function checkForced(trial: CoordinatorTrial): Promise<void> {
  await (await trial.lease()).release({ failure, retryInMs: longMs })
  await trial.leaseByOther({ ignoreFailure: true })
}

async function checkPauseKept(trial: CoordinatorTrial): Promise<void> {
  await (await trial.lease()).release({ failure, retryInMs: longMs })
  await (await trial.leaseByOther({ ignoreFailure: true })).release({ failure, retryInMs: shortMs })
  await trial.trial.advance(shortMs + 50)
  const { kind } = await trial.claim()
  ensure(kind === 'failed', `the longer pause must be told on (got '${kind}')`)
}

async function checkCommit(trial: CoordinatorTrial): Promise<void> {
  await (await trial.lease()).release({ failure, retryInMs: longMs })
  const newerThan = await commit(await trial.lease({ ignoreFailure: true }), fakeToken())
  await trial.leaseByOther({ newerThan })
}

async function checkRemoval(trial: CoordinatorTrial): Promise<void> {
  const version = await trial.renew()
  await (await trial.lease({ newerThan: version })).release({ failure, retryInMs: longMs })
  await trial.coordinator.remove(trial.key, version)
  await trial.leaseByOther()
}

async function checkNewer(trial: CoordinatorTrial): Promise<void> {
  const token = fakeToken()
  const version = await trial.renew(token)
  await (await trial.lease({ newerThan: version })).release({ failure, retryInMs: longMs })
  ensureStored(await trial.claimByOther(), token, 'for one who does not hold it')
}

async function checkLost(trial: CoordinatorTrial): Promise<void> {
  const lost = await trial.lease({ leaseMs: shortMs })
  await trial.trial.advance(shortMs + 50)
  const lease = await trial.leaseByOther()
  await lost.release({ failure, retryInMs: longMs })
  await lease.release()
  await trial.lease()
}
