import { adopt } from './adoption.ts'
import { canFetch } from './can-fetch.ts'
import { forgetToken } from './forget-token.ts'
import { holdToken, isUsable, keepForMs, looseToken } from './hold-token.ts'
import { singleUseStoredMs } from './renewal-constants.ts'
import { failureOf } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { KeepAnswer, RenewalTurn, Unsaved } from './renewal-turn.ts'
import type { Flight, FlightOutcome } from './single-flight.ts'
import type { Token } from './token.ts'
import type { TokenData } from './token-data.ts'
import { withMarks } from './token-marks.ts'
import { dropAccessPart } from './token-parts.ts'
import type { HeldToken } from './token-slot.ts'
import type { StoredToken } from './token-storage.ts'
import { UnsavedToken } from './unsaved-token.ts'

/** What a renewal has minted, on its way to the storage, into the process and to those who wait. */
export class MintedToken {
  readonly #site: RenewalSite
  readonly #flight: Flight
  readonly #turn: RenewalTurn
  readonly #token: TokenData
  /** Why a misconfigured storage did not take it. */
  #refusal: unknown

  constructor(site: RenewalSite, flight: Flight, turn: RenewalTurn, token: TokenData) {
    this.#site = site
    this.#flight = flight
    this.#turn = turn
    this.#token = token
  }

  /** The storage first, the callers then: nobody gets an access token whose refresh token could still be lost. */
  async keep(): Promise<FlightOutcome> {
    const token = await (this.#isCurrent ? this.#storeAndHold() : this.#handOut())
    if (this.#refusal === undefined) return { token, minted: true }
    return { failure: failureOf(this.#refusal, this.#site.clock.now()), unstored: true }
  }

  get #isCurrent(): boolean {
    return this.#site.slot.isCurrent(this.#flight)
  }

  /** True if nothing is lost with it: there is no refresh token, or a new one can be had without it. */
  get #isSpare(): boolean {
    return this.#token.refreshToken === undefined || canFetch(this.#site) === true
  }

  async #storeAndHold(): Promise<Token> {
    const { slot, clock, events } = this.#site
    const { expiresAt } = this.#token
    const marked = this.#marked()
    const answer = await this.#store(marked.token, marked.keepForMs)
    slot.failure = undefined
    if (this.#isCurrent && answer.kind !== 'unsaved') slot.unsaved?.cancel()
    const held = this.#isCurrent && answer.kind !== 'superseded' ? this.#hold(marked.token, answer) : undefined
    // Now, and not before: a listener may ask for the token.
    events.emit('refreshed', { expiresAt, elapsedMs: clock.monotonic() - this.#flight.startedAt })
    if (held !== undefined) return held.token
    if (this.#isCurrent && answer.kind === 'superseded') return this.#supersede(answer.stored)
    return this.#invalidatedMeanwhile(answer)
  }

  #marked(): { readonly token: TokenData; readonly keepForMs: number | undefined } {
    const { clock } = this.#site
    const token = this.#token
    const singleUse = token.expiresAt !== undefined && token.expiresAt <= clock.now()
    const marked = withMarks(token, { singleUse, fromRejection: this.#flight.reason === 'rejected' })
    if (!singleUse) return { token: marked, keepForMs: keepForMs(this.#site, token) }
    return {
      token: { ...marked, expiresAt: clock.now() + singleUseStoredMs },
      keepForMs: token.refreshToken === undefined ? singleUseStoredMs : keepForMs(this.#site, token),
    }
  }

  /** What a misconfigured storage does not take is kept here, like what one that is away could not take: it may be all there is to a session. */
  async #store(token: TokenData, keepFor: number | undefined): Promise<KeepAnswer> {
    const keep = (): Promise<KeepAnswer> => this.#turn.keep(token, keepFor)
    try {
      return await keep()
    } catch (refusal) {
      return { kind: 'unsaved', retry: keep, refusal }
    }
  }

  #hold(token: TokenData, answer: KeepAnswer): HeldToken {
    const { slot } = this.#site
    const held = holdToken(this.#site, { token, version: answer.kind === 'kept' ? answer.version : slot.version })
    if (answer.kind === 'unsaved') this.#storeLater(token, answer)
    return held
  }

  #storeLater(token: TokenData, unsaved: Unsaved): void {
    const { slot } = this.#site
    this.#refusal = unsaved.refusal
    // A misconfiguration may last, and without a refresh token nothing is lost: a keyed manager would try for all that it ever held.
    const isDispensable = unsaved.refusal !== undefined && token.refreshToken === undefined && slot.unsaved === undefined
    // Also an invalidation that the storage has missed: what is stored now brings that, too.
    slot.unsaved?.cancel()
    if (isDispensable) unsaved.abandon?.()
    else slot.unsaved = new UnsavedToken(this.#site, unsaved, true)
  }

  /** Somebody was faster: what stands in the storage is everybody's. If nothing stands there, the token was invalidated meanwhile. */
  #supersede(stored: StoredToken | undefined): Token {
    if (stored !== undefined && isUsable(this.#site, stored.token)) return adopt(this.#site, this.#flight, stored)
    if (stored === undefined) this.#site.slot.drop()
    else holdToken(this.#site, stored)
    return looseToken(this.#site, this.#token)
  }

  /** Invalidated while it was renewed: the waiters get it, nobody else does. Where only a refresh token can renew, that part is kept. */
  async #handOut(): Promise<Token> {
    if (this.#isSpare) await this.#turn.end({ unspent: false })
    else await this.#keepRefreshPart()
    return looseToken(this.#site, this.#token)
  }

  async #keepRefreshPart(): Promise<void> {
    const rest = dropAccessPart(this.#token, this.#site.clock.now())
    const answer = await this.#store(rest, keepForMs(this.#site, rest))
    if (answer.kind !== 'superseded') this.#hold(rest, answer)
    else if (answer.stored !== undefined) holdToken(this.#site, answer.stored)
  }

  /** As `#handOut`, but the token stands in the storage already: it goes from there, its refresh part only where it can be spared. */
  async #invalidatedMeanwhile(answer: KeepAnswer): Promise<Token> {
    if (answer.kind === 'unsaved') return this.#handOut()
    // As long as it still stands there it must not be adopted.
    this.#site.slot.invalidated = this.#token.accessToken
    if (answer.kind === 'kept' && this.#isSpare) await this.#turn.discard(answer.version)
    else if (answer.kind === 'kept') {
      holdToken(this.#site, { token: dropAccessPart(this.#token, this.#site.clock.now()), version: answer.version })
      await forgetToken(this.#site, { keepRefresh: true })
    }
    return looseToken(this.#site, this.#token)
  }
}
