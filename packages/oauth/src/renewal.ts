import { AuthenticationError } from '@requestforge/core/errors'
import { adopt } from './adoption.ts'
import { rememberFailure } from './failure-memory.ts'
import { Grant, type GrantFailure } from './grant.ts'
import { dropHeldRefresh, isUsable, learnReplaced, learnToken } from './hold-token.ts'
import { MintedToken } from './minted-token.ts'
import { renewalRoundsLimit } from './renewal-constants.ts'
import { errorFor, type RenewalFailure, stoppedFailure } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { RenewalTurn, RenewalTurns, TurnAnswer } from './renewal-turn.ts'
import type { Flight, FlightOutcome } from './single-flight.ts'
import type { TokenData } from './token-data.ts'
import type { StoredToken } from './token-storage.ts'

/** What the callers of one renewal want. */
export interface RenewalDemand {
  readonly reason: Flight['reason']
  /** The access token that will not do: the one that was rejected, or that is to be replaced. */
  readonly unwanted: string | undefined
  /** Take no stored token that this process has not been offered as newer than its own. */
  readonly anew: boolean
  /** Remembered failures do not count. */
  readonly ignoreFailure: boolean
}

/** One renewal from end to end: take the turn, or what somebody else has done; ask; store; hand out. */
export class Renewal {
  readonly #site: RenewalSite
  readonly #flight: Flight
  readonly #demand: RenewalDemand
  readonly #turns: RenewalTurns
  readonly #knownVersion: number

  constructor(site: RenewalSite, flight: Flight, demand: RenewalDemand, turns: RenewalTurns) {
    this.#site = site
    this.#flight = flight
    this.#demand = demand
    this.#turns = turns
    this.#knownVersion = site.slot.version
  }

  /** @throws {ConfigurationError} when the storage is misconfigured */
  async run(): Promise<FlightOutcome> {
    for (let round = 0; round < renewalRoundsLimit; round += 1) {
      const { stopSignal } = this.#flight
      const wants = (token: TokenData, minted: boolean): boolean => this.#wants(token, minted)
      const declined = (stored: StoredToken): void => this.#learn(stored)
      const answer = await this.#turns.take({ wants, declined, ignoreFailure: this.#demand.ignoreFailure, stopSignal })
      if (answer.kind === 'adopt') return { token: adopt(this.#site, this.#flight, answer.stored) }
      if (answer.kind === 'refused') return { failure: this.#refused(answer), refused: true }
      if (stopSignal.aborted) {
        await answer.turn.end({ unspent: false })
        return { failure: stoppedFailure(stopSignal.reason) }
      }
      const outcome = await this.#take(answer.turn)
      if (outcome !== undefined) return outcome
    }
    return { failure: this.#outrun() }
  }

  /** Undefined: somebody else was faster. @throws {ConfigurationError} when the storage is misconfigured */
  async #take(turn: RenewalTurn): Promise<FlightOutcome | undefined> {
    try {
      const granted = await new Grant(this.#site, this.#flight, turn).obtain()
      if (granted.kind === 'minted') return await new MintedToken(this.#site, this.#flight, turn, granted.token).keep()
      if (granted.kind === 'failed') return { failure: await this.#fail(turn, granted) }
    } catch (error) {
      // Nobody works on it any more; how that is told is not what the caller has to hear of.
      await turn.end({ unspent: false }).catch(() => undefined)
      throw error
    }
    await turn.end({ unspent: false })
    return undefined
  }

  #wants(token: TokenData, minted: boolean): boolean {
    const { unwanted, anew } = this.#demand
    const { held } = this.#site.slot
    if (token.accessToken === unwanted || !isUsable(this.#site, token)) return false
    if (anew && token.accessToken === held?.data.accessToken) return false
    // Measured here it has ended, whatever the wall clock says now.
    if (token.accessToken === held?.data.accessToken && held.expiredAt <= this.#site.clock.monotonic()) return false
    // What a newcomer finds is old, until he has seen it come.
    return !anew || minted || this.#knownVersion > 0
  }

  /** What is stored is newer than ours, though not what is wanted: else its refresh token's forerunner could be taken for good. */
  #learn(stored: StoredToken): void {
    const { slot } = this.#site
    const { held } = slot
    if (!slot.isCurrent(this.#flight)) return void learnReplaced(this.#site, stored)
    if (held !== undefined && stored.version < held.version) return
    if (held !== undefined && stored.version === held.version && stored.token.refreshToken === held.data.refreshToken) return
    learnToken(this.#site, stored)
  }

  #refused(answer: TurnAnswer & { kind: 'refused' }): RenewalFailure {
    const { failure, retryInMs } = answer
    if (failure.shared === true && failure.kind === 'reauthentication') dropHeldRefresh(this.#site, undefined)
    const isNew = failure !== this.#site.slot.failure?.failure
    this.#remember(failure, isNew ? 1 : 0, retryInMs)
    return failure
  }

  async #fail(turn: RenewalTurn, failed: GrantFailure): Promise<RenewalFailure> {
    const { failure, unspent, dead, retriedInVain, tries } = failed
    const retryInMs = this.#remember(failure, tries, undefined)
    if (dead !== undefined) dropHeldRefresh(this.#site, dead.token.refreshToken)
    const isShared =
      failure.kind !== 'configuration' && failure.kind !== 'postponed' && failure.kind !== 'storage' && failure.kind !== 'closed'
    await turn.end({ unspent, dead, retriedInVain, ...(isShared ? { failure, retryInMs } : {}) })
    return failure
  }

  #outrun(): RenewalFailure {
    const { serviceName } = this.#site.provider
    const message = `no token for ${serviceName}: other processes were faster ${renewalRoundsLimit} times, and no token of theirs could be used`
    const error = new AuthenticationError(message, { serviceName, retryable: true })
    const failure: RenewalFailure = { kind: 'transient', error }
    this.#remember(failure, 1, undefined)
    return failure
  }

  /** Remembers and tells. Returns when the next try is due, in milliseconds from now. */
  #remember(failure: RenewalFailure, tries: number, sharedRetryInMs: number | undefined): number {
    if (failure.kind === 'closed') return 0
    const { slot, clock, random, options, events, provider } = this.#site
    const now = clock.monotonic()
    const hasStorage = options.storage !== undefined
    const { startedAt } = this.#flight
    const previous = slot.failure
    slot.failure = rememberFailure(failure, { previous, startedAt, now, random, hasStorage, tries, sharedRetryInMs })
    const { attempts, nextTryAt } = slot.failure
    const retryInMs = Math.max(0, nextTryAt - now)
    if (attempts > (previous?.attempts ?? 0)) {
      const error = errorFor(failure, { serviceName: provider.serviceName, attempts, retryAfterMs: retryInMs })
      const nextTry = retryInMs > 0 ? clock.now() + retryInMs : undefined
      events.emit('refresh-failed', { error, nextTryAt: nextTry, failureClass: failure.kind, attempts })
    }
    return retryInMs
  }
}
