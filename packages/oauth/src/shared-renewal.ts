import { AuthenticationError } from '@requestforge/core/errors'
import { waitFor } from './abortable-wait.ts'
import { timeoutError } from './ask-provider.ts'
import { CoordinatedTurns } from './coordinated-turns.ts'
import { holdToken, isUsable, looseToken } from './hold-token.ts'
import { LocalTurns } from './local-turns.ts'
import type { TokenManagerEvents } from './manager-events.ts'
import { revalidate } from './notices.ts'
import { PlainTurns } from './plain-turns.ts'
import { Renewal, type RenewalDemand } from './renewal.ts'
import { renewalRoundsLimit } from './renewal-constants.ts'
import { errorFor, failureOf, type RenewalFailure } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { RenewalTurns } from './renewal-turn.ts'
import { Flight, type FlightOutcome } from './single-flight.ts'
import { isOlder } from './stored-age.ts'
import { getStored } from './stored-token.ts'
import type { Token } from './token.ts'
import type { TokenData } from './token-data.ts'
import type { HeldToken } from './token-slot.ts'

/** The renewals of one token: one at a time, shared by all who want it, whatever for. */
export class SharedRenewal {
  readonly #site: RenewalSite
  #tellsIdentity: boolean

  constructor(site: RenewalSite, tellsIdentity: boolean) {
    this.#site = site
    this.#tellsIdentity = tellsIdentity
  }

  /** Renews a due token in the background, unless that is running or was tried just now. */
  ahead(held: HeldToken, now: number): void {
    const { slot, clock } = this.#site
    if (slot.flight !== undefined || (slot.failure !== undefined && now < slot.failure.nextTryAt)) return
    const expiresAt = held.data.expiresAt ?? clock.now() + (held.expiredAt - now)
    this.#start({ reason: 'due', unwanted: held.data.accessToken, anew: false, ignoreFailure: false }, { expiresAt })
  }

  /** Joins the running renewal, or starts one; starts one of its own when what it joined brought something else. */
  async renew(demand: RenewalDemand, signal: AbortSignal | undefined): Promise<Token> {
    for (let round = 0; ; round += 1) {
      const running = this.#running()
      if (running?.released !== undefined) {
        const found = await this.find(demand, signal)
        if (found !== undefined) return found
      }
      if (running === undefined) this.#throwRemembered(demand)
      else this.#site.events.emit('renewal-joined', { reason: demand.reason })
      const flight = running ?? this.#start(demand)
      const outcome = await flight.wait(signal)
      // What began after this call is as good as a renewal of its own, unless that has asked nobody because it did not have to.
      const rounds = outcome.failure === undefined || running?.anew === true ? 1 : renewalRoundsLimit
      if (running !== undefined && round < rounds && !satisfies(outcome, demand, running)) continue
      if (outcome.failure === undefined) return outcome.token
      const held = outcome.unstored === true ? undefined : this.#suitable(demand)
      if (held !== undefined) return held.token
      throw this.#error(outcome.failure)
    }
  }

  /** What somebody else has stored meanwhile, if it will do: nobody is asked but the storage. */
  async find(demand: RenewalDemand, signal: AbortSignal | undefined): Promise<Token | undefined> {
    const stored = await waitFor(this.look(), signal)
    return stored !== undefined && this.#isWanted(stored, demand) ? this.#takeOver(stored) : undefined
  }

  /** The renewal that a caller may join. One that was invalidated, or stopped, is nobody's to join. */
  #running(): Flight | undefined {
    const { slot } = this.#site
    const { flight } = slot
    if (flight === undefined || !slot.isCurrent(flight)) return undefined
    return flight.released === undefined || flight.isSpending ? flight : undefined
  }

  #start(demand: RenewalDemand, due?: TokenManagerEvents['due']): Flight {
    const { slot, clock, events, options } = this.#site
    const previous = slot.flight
    const start = { ...demand, generation: slot.generation, startedAt: clock.monotonic() }
    const flight = new Flight(start, { clock, limitMs: options.renewalTimeoutMs, timeUp: () => this.#timeUp() })
    slot.flight = flight
    // Not before: a listener may ask for the token, which is due as long as nobody renews it.
    if (due !== undefined) events.emit('due', due)
    events.emit('renewal-started', { reason: demand.reason })
    if (this.#tellsIdentity) this.#tellIdentity()
    void this.#fly(flight, demand, previous)
    return flight
  }

  #timeUp(): RenewalFailure {
    return { kind: 'timeout', error: timeoutError(this.#site, this.#site.options.renewalTimeoutMs) }
  }

  #tellIdentity(): void {
    const { provider, events } = this.#site
    this.#tellsIdentity = false
    if (provider.identity !== undefined) return
    const detail =
      'neither the provider has an `identity` nor the manager a `key`: all tokens of this service share one place in the storage'
    events.emit('deviation', { kind: 'storage_key_without_identity', detail })
  }

  /** Never rejects. */
  async #fly(flight: Flight, demand: RenewalDemand, previous: Flight | undefined): Promise<void> {
    const { slot, clock } = this.#site
    // Never two renewals of one token at one time, not even around an invalidation.
    if (previous?.released !== undefined) await this.#lookMeanwhile(flight, demand)
    await previous?.ended
    try {
      // What the one before has brought late may do.
      const brought = previous === undefined ? undefined : this.#suitable(demand)
      if (brought !== undefined) flight.settle({ token: brought.token })
      else if (flight.released === undefined) flight.settle(await new Renewal(this.#site, flight, demand, this.#turns()).run())
    } catch (error) {
      flight.settle({ failure: failureOf(error, clock.now()) })
    } finally {
      if (slot.flight === flight) slot.flight = undefined
      flight.end()
    }
    const coordinator = this.#site.options.storage?.coordinator
    if (slot.noticeMissed && coordinator !== undefined && slot.flight === undefined) await revalidate(this.#site, coordinator)
  }

  /** The held token, if it will do by now. */
  #suitable({ anew, unwanted }: RenewalDemand): HeldToken | undefined {
    const { slot, clock } = this.#site
    const held = anew || slot.closed ? undefined : slot.usable(clock.monotonic())
    return held?.data.accessToken === unwanted ? undefined : held
  }

  /** The renewal before waits for a late answer. What somebody else has stored is what the callers get now. */
  async #lookMeanwhile(flight: Flight, demand: RenewalDemand): Promise<void> {
    const token = await this.find(demand, undefined).catch(() => undefined)
    if (token === undefined) return
    flight.settle({ token })
    // Nobody joins it any more, and it does no work of its own.
    flight.release(this.#timeUp())
  }

  /** What is stored, whoever put it there. All who ask at one time share one look. */
  look(): Promise<TokenData | undefined> {
    const { slot } = this.#site
    slot.look ??= getStored(this.#site).finally(() => {
      slot.look = undefined
    })
    return slot.look
  }

  #isWanted(token: TokenData, { anew, unwanted }: RenewalDemand): boolean {
    const { slot } = this.#site
    const isKnown = token.accessToken === unwanted || token.accessToken === slot.held?.data.accessToken
    return !anew && !isKnown && !slot.closed && isUsable(this.#site, token)
  }

  #takeOver(token: TokenData): Token {
    const { slot } = this.#site
    if (slot.isAhead || isOlder(this.#site, token)) return looseToken(this.#site, token)
    return holdToken(this.#site, { token, version: slot.version }).token
  }

  #turns(): RenewalTurns {
    const { storage } = this.#site.options
    if (storage === undefined) return new LocalTurns(this.#site.slot)
    return storage.coordinator === undefined
      ? new PlainTurns(this.#site, storage)
      : new CoordinatedTurns(this.#site, storage.coordinator)
  }

  /** Nobody sends while the memory says not yet. A person who has logged in again need not wait, nor a storage that may know better. */
  #throwRemembered(demand: RenewalDemand): void {
    const { failure } = this.#site.slot
    if (failure === undefined || demand.ignoreFailure || failure.failure.kind === 'reauthentication') return
    if (this.#site.clock.monotonic() < failure.recheckAt) throw this.#error(this.#asRemembered(failure.failure))
  }

  /** Who is refused at once has not waited: he is told when the next try is due instead. */
  #asRemembered(failure: RenewalFailure): RenewalFailure {
    if (failure.kind !== 'timeout') return failure
    const { serviceName } = this.#site.provider
    const message = `no token for ${serviceName}: the last renewal took too long, and it is not yet time for the next one`
    return { ...failure, error: new AuthenticationError(message, { serviceName, retryable: true, cause: failure.error }) }
  }

  #error(failure: RenewalFailure): Error {
    const { slot, clock, provider } = this.#site
    const remembered = slot.failure
    const retryAfterMs = remembered === undefined ? undefined : Math.max(0, Math.ceil(remembered.nextTryAt - clock.monotonic()))
    return errorFor(failure, { serviceName: provider.serviceName, attempts: remembered?.attempts ?? 1, retryAfterMs })
  }
}

/** True if what a joined renewal brought is what this caller wanted. */
function satisfies(outcome: FlightOutcome, demand: RenewalDemand, joined: Flight): boolean {
  if (outcome.failure !== undefined) return !(demand.ignoreFailure && outcome.refused === true)
  // Who wants a new one is not served with what was found by somebody who takes any.
  if (demand.anew && !joined.anew && outcome.minted !== true) return false
  return outcome.token.accessToken !== demand.unwanted || joined.unwanted === demand.unwanted
}
