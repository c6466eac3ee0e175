import { CoordinatedTurn } from './coordinated-turn.ts'
import { learnReplaced } from './hold-token.ts'
import { subscribeToNotices } from './notices.ts'
import { rememberedRefusal } from './remembered-refusal.ts'
import { leaseMs } from './renewal-constants.ts'
import { fromSharedFailure, stoppedFailure } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { RenewalTurns, TurnAnswer, TurnRequest } from './renewal-turn.ts'
import { storageAwayFailure } from './storage-away.ts'
import { readVersioned } from './stored-token.ts'
import { StrandedTurn } from './stranded-turn.ts'
import type { Claim, RenewalCoordinator } from './token-storage.ts'
import { waitForTurn } from './turn-wait.ts'

/** Turns that processes take one after another: whoever gets the lease renews, the others adopt what it stored. */
export class CoordinatedTurns implements RenewalTurns {
  readonly #site: RenewalSite
  readonly #coordinator: RenewalCoordinator

  constructor(site: RenewalSite, coordinator: RenewalCoordinator) {
    this.#site = site
    this.#coordinator = coordinator
  }

  async take(request: TurnRequest): Promise<TurnAnswer> {
    const { clock, events } = this.#site
    // First the notices, then the claim: nothing can happen in between unseen.
    subscribeToNotices(this.#site, this.#coordinator)
    const startedAt = clock.monotonic()
    const { version, notices } = this.#site.slot
    const contest: Contest = { newerThan: version, waited: false, notices }
    for (;;) {
      const answer = await this.#compete(request, contest)
      if (answer === undefined && !request.stopSignal.aborted) continue
      if (contest.waited) events.emit('lock-waited', { waitedMs: clock.monotonic() - startedAt })
      return answer ?? { kind: 'refused', failure: stoppedFailure(request.stopSignal.reason) }
    }
  }

  /** One claim, and the wait after it if somebody else has the lease. Undefined: compete again. */
  async #compete(request: TurnRequest, contest: Contest): Promise<TurnAnswer | undefined> {
    const { slot } = this.#site
    const { notices } = slot
    const claim = await this.#claim(contest.newerThan, request.ignoreFailure)
    switch (claim?.kind) {
      case 'stored':
        return this.#judge(claim, request, contest)
      case 'failed':
        // What the notices told of has not been seen: it has to be looked at when this is over.
        if (slot.notices !== contest.notices) slot.noticeMissed = true
        return {
          kind: 'refused',
          failure: fromSharedFailure(claim.failure, this.#site.provider.serviceName),
          retryInMs: Math.max(0, claim.retryInMs),
        }
      case 'leased':
        return this.#begin(claim, request, contest)
      case 'busy':
        contest.waited = true
        if (slot.notices === notices && !request.stopSignal.aborted)
          await waitForTurn(this.#site, claim.retryInMs, request.stopSignal)
        return undefined
      default:
        return this.#without(request)
    }
  }

  async #claim(newerThan: number, ignoreFailure: boolean): Promise<Claim | undefined> {
    const giveBack = (claim: Claim): void => {
      const stored = claim?.kind === 'stored' ? readVersioned(this.#site, claim.stored) : undefined
      if (stored !== undefined) learnReplaced(this.#site, stored)
      // Came after its deadline: nobody uses the lease, and others should not wait for its end. If that fails, it ends by itself.
      if (claim?.kind === 'leased') claim.lease.release().catch(() => undefined)
    }
    const { guard, key } = this.#site
    const answer = await guard.call('claim', () => this.#coordinator.claim(key, { newerThan, leaseMs, ignoreFailure }), giveBack)
    return answer.answered ? answer.value : undefined
  }

  #judge(claim: Claim & { kind: 'stored' }, request: TurnRequest, contest: Contest): TurnAnswer | undefined {
    const stored = readVersioned(this.#site, claim.stored)
    if (stored !== undefined && stored.version > contest.newerThan && request.wants(stored.token, contest.waited))
      return { kind: 'adopt', stored }
    if (stored !== undefined && stored.version > contest.newerThan) request.declined(stored)
    const version: unknown = claim.stored?.version
    // A storage that offers the same again and again would keep us here for ever.
    if (typeof version !== 'number' || !(version > contest.newerThan)) return this.#without(request)
    contest.newerThan = version
    return undefined
  }

  async #begin(claim: Claim & { kind: 'leased' }, request: TurnRequest, contest: Contest): Promise<TurnAnswer | undefined> {
    const turn = new CoordinatedTurn(this.#site, this.#coordinator, claim.lease)
    const { stored } = turn
    if (stored !== undefined && stored.version > contest.newerThan && request.wants(stored.token, contest.waited)) {
      await turn.end({ unspent: false })
      return { kind: 'adopt', stored }
    }
    if (stored !== undefined) request.declined(stored)
    const refusal = rememberedRefusal(this.#site, request)
    if (refusal === undefined && !request.stopSignal.aborted) return { kind: 'turn', turn }
    await turn.end({ unspent: false })
    return refusal
  }

  #without(request: TurnRequest): TurnAnswer {
    const refusal = rememberedRefusal(this.#site, request)
    if (refusal !== undefined) return refusal
    if (this.#site.options.onStorageFailure === 'error') return { kind: 'refused', failure: storageAwayFailure(this.#site) }
    return { kind: 'turn', turn: new StrandedTurn(this.#site, this.#coordinator) }
  }
}

/** What one process has learned in the contest for a turn. */
interface Contest {
  newerThan: number
  waited: boolean
  /** How many notices had come when it began. */
  readonly notices: number
}
