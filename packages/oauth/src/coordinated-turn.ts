import { overcome } from './bring-home.ts'
import { isUsable, keepForMs } from './hold-token.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { hasNews } from './news.ts'
import { leaseMs, unsavedLeaseMs } from './renewal-constants.ts'
import { toSharedFailure } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { KeepAnswer, MemoryWorth, RenewalTurn, SpendAnswer, TurnEnd } from './renewal-turn.ts'
import type { StorageAnswer } from './storage-guard.ts'
import { isUnreadable, readVersioned } from './stored-token.ts'
import type { TokenData } from './token-data.ts'
import { withMarks } from './token-marks.ts'
import { dropRefreshPart } from './token-parts.ts'
import type { CommitResult, RenewalCoordinator, RenewalLease, StoredToken } from './token-storage.ts'

/** A turn by a lease, which is extended until the turn ends. */
export class CoordinatedTurn implements RenewalTurn {
  readonly stored: StoredToken | undefined
  readonly inDoubt: boolean
  readonly storageAway: boolean
  readonly memory: MemoryWorth
  readonly #site: RenewalSite
  readonly #coordinator: RenewalCoordinator
  readonly #lease: RenewalLease
  readonly #keeper: LeaseKeeper
  /** The stored refresh token, which this turn does not send, is in doubt to all who know no better. */
  readonly #isMarkOfOther: boolean

  constructor(site: RenewalSite, coordinator: RenewalCoordinator, lease: RenewalLease) {
    this.#site = site
    this.#coordinator = coordinator
    this.#lease = lease
    this.#keeper = new LeaseKeeper(site, lease)
    const stored = readVersioned(site, lease.stored)
    // After a failover the storage may be older than our memory: what is below a version that we have seen is spent.
    // So is what a renewal of ours replaced that could not be written yet.
    const { version, isAhead } = site.slot
    const isSpent = site.slot.isSpent(stored?.token.refreshToken)
    const isNewest = stored !== undefined && !isSpent && (stored.version > version || (stored.version === version && !isAhead))
    this.stored = isNewest ? stored : undefined
    // The mark is that of the stored refresh token. What became of one that has brought us ours is known.
    const isMarked = lease.inDoubt === true
    this.inDoubt = isMarked && !isSpent
    this.#isMarkOfOther = isMarked && isSpent
    // A value that cannot be read here may be read by others: it is no reason to give up a session.
    this.storageAway = isUnreadable(site, lease)
    this.memory = isAhead || stored !== undefined ? 'good' : worth(lease.version, site.slot.held?.version ?? version)
  }

  async markSpent(): Promise<SpendAnswer> {
    const answer = await this.#site.guard.call('markSpent', () => this.#lease.markSpent())
    if (!answer.answered) return 'unavailable'
    if (!answer.value) return 'lost'
    this.#keeper.lengthen()
    return 'marked'
  }

  isRenewed(current: TokenData): Promise<boolean> {
    // What stood there when the turn began is no news: after a failover it is older than ours.
    return hasNews(this.#site, [current, this.#lease.stored?.token])
  }

  keep(token: TokenData, keepFor: number | undefined): Promise<KeepAnswer> {
    // Without a refresh token nothing is lost that the others could not fetch themselves.
    if (token.refreshToken === undefined) this.#keeper.stop()
    return this.#commit(token, keepFor, false)
  }

  /** `again`: while the lease is kept for it, without regard to pauses. */
  async #commit(token: TokenData, keepFor: number | undefined, again: boolean): Promise<KeepAnswer> {
    const { guard } = this.#site
    const commit = () => this.#lease.commit(token, { keepForMs: keepFor })
    let answer: StorageAnswer<CommitResult>
    try {
      answer = await (again && this.#keeper.isKeeping ? guard.insist('commit', commit) : guard.call('commit', commit))
    } catch (refusal) {
      return { ...this.#unsaved(token, keepFor), refusal }
    }
    if (!answer.answered) return this.#unsaved(token, keepFor)
    this.#keeper.stop()
    if (answer.value.committed) return { kind: 'kept', version: answer.value.version }
    const stored = readVersioned(this.#site, answer.value.stored)
    // An earlier try whose answer was lost.
    if (stored?.token.accessToken === token.accessToken) return { kind: 'kept', version: stored.version }
    await guard.call('release', () => this.#lease.release())
    return overcome(this.#site, this.#coordinator, token, answer.value, 0)
  }

  #unsaved(token: TokenData, keepFor: number | undefined): KeepAnswer & { kind: 'unsaved' } {
    this.#keeper.stopIn(unsavedLeaseMs)
    return {
      kind: 'unsaved',
      isUrgent: this.#keeper.isKeeping,
      retry: () => this.#commit(token, keepFor, true),
      abandon: () => this.#abandon(),
    }
  }

  /** What the lease was kept for is not needed any more: whoever comes next, this process first, need not wait for its end. */
  #abandon(): void {
    if (this.#keeper.isStopped) return
    this.#keeper.stop()
    this.#site.guard
      .insist('release', () => this.#lease.release())
      .catch(() => {
        // It ends by itself.
      })
  }

  async end(outcome: TurnEnd): Promise<void> {
    this.#keeper.stop()
    const { dead, retriedInVain, failure, retryInMs } = outcome
    const unspent = outcome.unspent && !this.#isMarkOfOther
    if (dead !== undefined) await this.#bury(dead)
    if (retriedInVain !== undefined) await this.#rewrite(withMarks(retriedInVain.token, { retriedInVain: true }))
    const { serviceName } = this.#site.provider
    const shared = failure === undefined ? undefined : toSharedFailure(failure, serviceName)
    const isWritten = dead !== undefined || retriedInVain !== undefined
    // What is written ends the lease, and with it the right to tell the others of the failure.
    const lease = (isWritten && shared !== undefined ? await this.#leaseAgain() : undefined) ?? this.#lease
    await this.#site.guard.call('release', () => lease.release({ unspent, failure: shared, retryInMs }))
  }

  async #leaseAgain(): Promise<RenewalLease | undefined> {
    const newerThan = Number.MAX_SAFE_INTEGER
    const claim = await this.#site.guard.call('claim', () =>
      this.#coordinator.claim(this.#site.key, { newerThan, leaseMs, ignoreFailure: true, sendsNothing: true }),
    )
    return claim.answered && claim.value?.kind === 'leased' ? claim.value.lease : undefined
  }

  async discard(version: number): Promise<void> {
    await this.#site.guard.call('remove', () => this.#coordinator.remove(this.#site.key, version))
  }

  /** A dead refresh token goes; a valid access token beside it stays for all who use it. */
  async #bury(dead: StoredToken): Promise<void> {
    // What stands there is newer, whether or not it can be read here.
    if ((this.#lease.version ?? dead.version) > dead.version) return
    if (!isUsable(this.#site, dead.token)) return this.discard(dead.version)
    return this.#rewrite(dropRefreshPart(dead.token))
  }

  async #rewrite(token: TokenData): Promise<void> {
    await this.#site.guard.call('commit', () => this.#lease.commit(token, { keepForMs: keepForMs(this.#site, token) }))
  }
}

/** Nothing is stored: a version above ours tells of a removal, one below of a storage that was emptied. */
function worth(version: number | undefined, known: number): MemoryWorth {
  if (version === undefined) return 'doubtful'
  return version > known ? 'void' : 'good'
}
