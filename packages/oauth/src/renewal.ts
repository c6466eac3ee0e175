import { AuthenticationError } from '@requestforge/core/errors'
import { canFetch } from './can-fetch.ts'
import { rememberFailure } from './failure-memory.ts'
import { forgetToken } from './forget-token.ts'
import { Grant, type GrantFailure } from './grant.ts'
import { dropHeldRefresh, holdToken, isUsable, keepForMs, learnReplaced, learnToken, looseToken } from './hold-token.ts'
import { renewalRoundsLimit, singleUseStoredMs } from './renewal-constants.ts'
import { errorFor, failureOf, type RenewalFailure, stoppedFailure } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { KeepAnswer, RenewalTurn, RenewalTurns, TurnAnswer, Unsaved } from './renewal-turn.ts'
import type { Flight, FlightOutcome } from './single-flight.ts'
import type { TokenData } from './token-data.ts'
import { withMarks } from './token-marks.ts'
import { dropAccessPart } from './token-parts.ts'
import type { HeldToken } from './token-slot.ts'
import type { StoredToken } from './token-storage.ts'
import { UnsavedToken } from './unsaved-token.ts'

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
  /** Why a misconfigured storage did not take the new token. */
  #refusal: unknown

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
      if (answer.kind === 'adopt') return { token: this.#adopt(answer.stored) }
      if (answer.kind === 'refused') return { failure: this.#refused(answer), refused: true }
      if (stopSignal.aborted) return { failure: await this.#stopped(answer.turn, stopSignal.reason) }
      const outcome = await this.#take(answer.turn)
      if (outcome !== undefined) return outcome
    }
    return { failure: await this.#outrun() }
  }

  /** Undefined: somebody else was faster. @throws {ConfigurationError} when the storage is misconfigured */
  async #take(turn: RenewalTurn): Promise<FlightOutcome | undefined> {
    try {
      const granted = await new Grant(this.#site, this.#flight, turn).obtain()
      if (granted.kind === 'minted') return this.#told(await this.#keep(turn, granted.token))
      if (granted.kind === 'failed') return { failure: await this.#fail(turn, granted) }
    } catch (error) {
      // Nobody works on it any more; how that is told is not what the caller has to hear of.
      await turn.end({ unspent: false }).catch(() => undefined)
      throw error
    }
    await turn.end({ unspent: false })
    return undefined
  }

  #told(token: NonNullable<FlightOutcome['token']>): FlightOutcome {
    if (this.#refusal === undefined) return { token, minted: true }
    return { failure: failureOf(this.#refusal, this.#site.clock.now()), unstored: true }
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

  get #isCurrent(): boolean {
    return this.#site.slot.isCurrent(this.#flight)
  }

  #adopt(stored: StoredToken): NonNullable<FlightOutcome['token']> {
    const token = this.#takeOver(stored)
    // Now, and not before: a listener may ask for the token.
    this.#site.events.emit('adopted', { version: stored.version })
    return token
  }

  #takeOver(stored: StoredToken): NonNullable<FlightOutcome['token']> {
    if (!this.#isCurrent) {
      learnReplaced(this.#site, stored)
      return looseToken(this.#site, stored.token)
    }
    this.#site.slot.failure = undefined
    // What could not be written, or forgotten, is older than this.
    this.#site.slot.unsaved?.cancel()
    return holdToken(this.#site, stored).token
  }

  /** The storage first, the callers then: nobody gets an access token whose refresh token could still be lost. */
  async #keep(turn: RenewalTurn, token: TokenData): Promise<NonNullable<FlightOutcome['token']>> {
    if (!this.#isCurrent) return this.#handOut(turn, token)
    const { slot, clock, events } = this.#site
    const marked = this.#marked(token)
    const answer = await this.#store(turn, marked.token, marked.keepForMs)
    slot.failure = undefined
    if (this.#isCurrent && answer.kind !== 'unsaved') slot.unsaved?.cancel()
    const held = this.#isCurrent && answer.kind !== 'superseded' ? this.#hold(marked.token, answer) : undefined
    // Now, and not before: a listener may ask for the token.
    events.emit('refreshed', { expiresAt: token.expiresAt, elapsedMs: clock.monotonic() - this.#flight.startedAt })
    if (held !== undefined) return held.token
    if (this.#isCurrent && answer.kind === 'superseded') return this.#supersede(token, answer.stored)
    return this.#invalidatedWhileKept(turn, token, answer)
  }

  #hold(token: TokenData, answer: KeepAnswer): HeldToken {
    const { slot } = this.#site
    const held = holdToken(this.#site, { token, version: answer.kind === 'kept' ? answer.version : slot.version })
    if (answer.kind === 'unsaved') this.#storeLater(token, answer)
    return held
  }

  /** What a misconfigured storage does not take is kept here, like what one that is away could not take: it may be all there is to a session. */
  async #store(turn: RenewalTurn, token: TokenData, keepFor: number | undefined): Promise<KeepAnswer> {
    try {
      return await turn.keep(token, keepFor)
    } catch (refusal) {
      return { kind: 'unsaved', retry: () => turn.keep(token, keepFor), refusal }
    }
  }

  #storeLater(token: TokenData, unsaved: Unsaved): void {
    const { slot } = this.#site
    this.#refusal = unsaved.refusal
    // A misconfiguration may last, and without a refresh token nothing is lost: a keyed manager would try for all that it ever held.
    const isSpare = unsaved.refusal !== undefined && token.refreshToken === undefined && slot.unsaved === undefined
    // Also an invalidation that the storage has missed: what is stored now brings that, too.
    slot.unsaved?.cancel()
    if (isSpare) unsaved.abandon?.()
    else slot.unsaved = new UnsavedToken(this.#site, unsaved, true)
  }

  /** Somebody was faster: what stands in the storage is everybody's. If nothing stands there, the token was invalidated meanwhile. */
  #supersede(token: TokenData, stored: StoredToken | undefined): NonNullable<FlightOutcome['token']> {
    if (stored !== undefined && isUsable(this.#site, stored.token)) return this.#adopt(stored)
    if (stored === undefined) this.#site.slot.drop()
    else holdToken(this.#site, stored)
    return looseToken(this.#site, token)
  }

  #marked(token: TokenData): { readonly token: TokenData; readonly keepForMs: number | undefined } {
    const { clock } = this.#site
    const fromRejection = this.#demand.reason === 'rejected'
    const singleUse = token.expiresAt !== undefined && token.expiresAt <= clock.now()
    const marked = withMarks(token, { singleUse, fromRejection })
    if (!singleUse) return { token: marked, keepForMs: keepForMs(this.#site, token) }
    return {
      token: { ...marked, expiresAt: clock.now() + singleUseStoredMs },
      keepForMs: token.refreshToken === undefined ? singleUseStoredMs : keepForMs(this.#site, token),
    }
  }

  /** Invalidated while it was renewed: the waiters get it, nobody else does. Where only a refresh token can renew, that part is kept. */
  async #handOut(turn: RenewalTurn, token: TokenData): Promise<NonNullable<FlightOutcome['token']>> {
    if (this.#isSpare(token)) {
      await turn.end({ unspent: false })
      return looseToken(this.#site, token)
    }
    const rest = dropAccessPart(token, this.#site.clock.now())
    const answer = await this.#store(turn, rest, keepForMs(this.#site, rest))
    if (answer.kind === 'superseded' && answer.stored !== undefined) holdToken(this.#site, answer.stored)
    else if (answer.kind !== 'superseded') this.#hold(rest, answer)
    return looseToken(this.#site, token)
  }

  /** As `#handOut`, but the token stands in the storage already: it goes from there, its refresh part only where it can be spared. */
  async #invalidatedWhileKept(
    turn: RenewalTurn,
    token: TokenData,
    answer: KeepAnswer,
  ): Promise<NonNullable<FlightOutcome['token']>> {
    if (answer.kind === 'unsaved') return this.#handOut(turn, token)
    // As long as it still stands there it must not be adopted.
    this.#site.slot.invalidated = token.accessToken
    if (answer.kind === 'kept' && this.#isSpare(token)) await turn.discard(answer.version)
    else if (answer.kind === 'kept') {
      holdToken(this.#site, { token: dropAccessPart(token, this.#site.clock.now()), version: answer.version })
      await forgetToken(this.#site, { keepRefresh: true })
    }
    return looseToken(this.#site, token)
  }

  /** True if nothing is lost with the token: there is no refresh token, or a new one can be had without it. */
  #isSpare(token: TokenData): boolean {
    return token.refreshToken === undefined || canFetch(this.#site) === true
  }

  /** What is stored is newer than ours, though not what is wanted: else its refresh token's forerunner could be taken for good. */
  #learn(stored: StoredToken): void {
    const { held } = this.#site.slot
    if (!this.#isCurrent) {
      learnReplaced(this.#site, stored)
      return
    }
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
    const { failure, unspent, dead } = failed
    const retryInMs = this.#remember(failure, failed.tries, undefined)
    if (dead !== undefined) dropHeldRefresh(this.#site, dead.token.refreshToken)
    const isShared =
      failure.kind !== 'configuration' && failure.kind !== 'postponed' && failure.kind !== 'storage' && failure.kind !== 'closed'
    await turn.end({
      unspent,
      dead,
      retriedInVain: failed.retriedInVain,
      failure: isShared ? failure : undefined,
      retryInMs: isShared ? retryInMs : undefined,
    })
    return failure
  }

  async #stopped(turn: RenewalTurn, reason: unknown): Promise<RenewalFailure> {
    await turn.end({ unspent: false })
    return stoppedFailure(reason)
  }

  async #outrun(): Promise<RenewalFailure> {
    const { serviceName } = this.#site.provider
    const message = `no token for ${serviceName}: other processes were faster ${renewalRoundsLimit} times, and no token of theirs could be used`
    const failure: RenewalFailure = {
      kind: 'transient',
      error: new AuthenticationError(message, { serviceName, retryable: true }),
    }
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
    const before = slot.failure?.attempts ?? 0
    slot.failure = rememberFailure(failure, {
      previous: slot.failure,
      startedAt,
      now,
      random,
      hasStorage,
      tries,
      sharedRetryInMs,
    })
    const { attempts, nextTryAt } = slot.failure
    const retryInMs = Math.max(0, nextTryAt - now)
    if (attempts > before) {
      const error = errorFor(failure, { serviceName: provider.serviceName, attempts, retryAfterMs: retryInMs })
      const nextTry = retryInMs > 0 ? clock.now() + retryInMs : undefined
      events.emit('refresh-failed', { error, nextTryAt: nextTry, failureClass: failure.kind, attempts })
    }
    return retryInMs
  }
}
