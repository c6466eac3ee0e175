import { ensure } from './contract-case.ts'
import { fakeToken } from './fake-token.ts'
import { pause, platformTimers } from './pause.ts'
import { type CoordinatorTrial, type StorageCheck, withCoordinator } from './storage-trial.ts'

/** What notices promise: they are hints, but where nothing is wrong they come. */
export const noticeCases: readonly (readonly [string, StorageCheck])[] = [
  ['a listener is told of commits by another process', withCoordinator(checkCommits)],
  ['a listener is told of removals by another process', withCoordinator(checkRemovals)],
  ['a listener is told when another process gives up its lease', withCoordinator(checkReleases)],
  ['every listener is told, one that subscribed twice too', withCoordinator(checkAll)],
  ['a listener that has unsubscribed is not told, and unsubscribing again is no error', withCoordinator(checkUnsubscribed)],
  ['notices of one key do not reach listeners of another', withCoordinator(checkKeys)],
]

/** How long the first notice is waited for, in milliseconds: a subscription takes a moment to stand, with a handshake on a busy machine a few seconds. */
const firstNoticeMs = 4_000
/** The same where backend and storage are in this process. */
const firstVirtualNoticeMs = 2_500

/** Something that listeners are told of. */
type Change = (trial: CoordinatorTrial) => Promise<unknown>

/** Makes the change again and again until it is told. */
async function toldOf(trial: CoordinatorTrial, isTold: () => boolean, change: Change = renewByOther): Promise<boolean> {
  const until = performance.now() + (trial.trial.isTimeVirtual ? firstVirtualNoticeMs : firstNoticeMs)
  while (!isTold() && performance.now() < until) {
    await change(trial)
    for (let look = 0; look < 5 && !isTold(); look++) await pause(5, platformTimers)
  }
  return isTold()
}

async function renewByOther({ other, key }: CoordinatorTrial): Promise<void> {
  const claim = await other.claim(key, { newerThan: Number.MAX_SAFE_INTEGER - 1, leaseMs: 1_000 })
  if (claim.kind === 'leased') await claim.lease.release()
}

async function checkCommits(trial: CoordinatorTrial): Promise<void> {
  let notices = 0
  const unsubscribe = trial.coordinator.subscribe(trial.key, () => notices++)
  let newerThan = 0
  const renew = async (): Promise<void> => {
    const result = await (await trial.leaseByOther({ newerThan })).commit(fakeToken(), {})
    if (result.committed) newerThan = result.version
  }
  ensure(await toldOf(trial, () => notices > 0, renew), 'a listener must be told of a commit')
  unsubscribe()
}

async function checkRemovals(trial: CoordinatorTrial): Promise<void> {
  let notices = 0
  const unsubscribe = trial.coordinator.subscribe(trial.key, () => notices++)
  // Above whatever the storage counts from: an older removal is none.
  let version = 2 ** 52
  const remove = (): Promise<boolean> => {
    version += 10
    return trial.other.remove(trial.key, version)
  }
  ensure(await toldOf(trial, () => notices > 0, remove), 'a listener must be told of a removal')
  unsubscribe()
}

async function checkReleases(trial: CoordinatorTrial): Promise<void> {
  let notices = 0
  const unsubscribe = trial.coordinator.subscribe(trial.key, () => notices++)
  ensure(await toldOf(trial, () => notices > 0), 'a listener must be told of a release')
  unsubscribe()
}

async function checkAll(trial: CoordinatorTrial): Promise<void> {
  const told = { first: 0, second: 0 }
  const first = (): void => void told.first++
  const unsubscribers = [first, first, () => void told.second++].map((listener) =>
    trial.coordinator.subscribe(trial.key, listener),
  )
  unsubscribers[0]?.()
  const areTold = (): boolean => told.first > 0 && told.second > 0
  ensure(await toldOf(trial, areTold), 'each listener that is subscribed must be told')
  for (const unsubscribe of unsubscribers) unsubscribe()
}

async function checkUnsubscribed(trial: CoordinatorTrial): Promise<void> {
  const told = { gone: 0, there: 0 }
  const unsubscribe = trial.coordinator.subscribe(trial.key, () => void told.gone++)
  unsubscribe()
  unsubscribe()
  const unsubscribeOther = trial.coordinator.subscribe(trial.key, () => void told.there++)
  ensure(await toldOf(trial, () => told.there > 0), 'the listener that stays must be told')
  ensure(told.gone === 0, 'a listener that has unsubscribed must not be told')
  unsubscribeOther()
}

async function checkKeys(trial: CoordinatorTrial): Promise<void> {
  const told = { own: 0, foreign: 0 }
  const unsubscribers = [
    trial.coordinator.subscribe(`${trial.key}-other`, () => void told.foreign++),
    trial.coordinator.subscribe(trial.key, () => void told.own++),
  ]
  ensure(await toldOf(trial, () => told.own > 0), 'the listener of the key must be told')
  for (let round = 0; round < 3; round++) await renewByOther(trial)
  // A storage may call listeners after a reconnect, for any key; once would be that, every time is none.
  ensure(told.foreign <= 1, 'the listener of another key must not be told')
  for (const unsubscribe of unsubscribers) unsubscribe()
}
