import type { AccessToken } from '@requestforge/core'
import { AuthenticationError, ClientClosedError, ConfigurationError } from '@requestforge/core/errors'
import { waitFor } from './abortable-wait.ts'
import { askProvider, timeoutError } from './ask-provider.ts'
import { CoordinatedTurns } from './coordinated-turns.ts'
import { forgetToken } from './forget-token.ts'
import { dropHeldAccess } from './hold-token.ts'
import { LocalTurns } from './local-turns.ts'
import { revalidate } from './notices.ts'
import { PlainTurns } from './plain-turns.ts'
import { Renewal, type RenewalDemand } from './renewal.ts'
import { errorFor, failureOf } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { RenewalTurns } from './renewal-turn.ts'
import { Flight, type FlightOutcome } from './single-flight.ts'
import { readStored } from './stored-token.ts'
import type { Token } from './token.ts'
import type { TokenData } from './token-data.ts'
import type { HeldToken } from './token-slot.ts'

/** Everything that can be done with one token, beyond handing out a fresh one. */
export class TokenKeeper {
  readonly #site: RenewalSite

  constructor(site: RenewalSite) {
    this.#site = site
  }

  /** The held token while it may be sent; renewed ahead in the background when it is due. */
  peek(): Token | undefined {
    const { slot, clock } = this.#site
    const now = clock.monotonic()
    const held = slot.usable(now)
    if (held === undefined) return undefined
    if (now >= held.dueAt) this.#renewAhead(held, now)
    this.#site.events.emit('hit', { version: held.version })
    return held.token
  }

  async get(signal: AbortSignal | undefined): Promise<Token> {
    signal?.throwIfAborted()
    const held = this.peek()
    if (held !== undefined) return held
    const { slot } = this.#site
    const reason = slot.held === undefined ? 'missing' : 'expired'
    return this.#renew({ reason, unwanted: undefined, anew: false, ignoreFailure: false }, signal)
  }

  async replace(rejected: AccessToken, signal: AbortSignal | undefined): Promise<Token> {
    signal?.throwIfAborted()
    if (typeof rejected?.accessToken !== 'string') throw new ConfigurationError('replaceToken wants the token that was rejected')
    const { slot, clock } = this.#site
    const now = clock.monotonic()
    const held = slot.usable(now)
    // Late: somebody has renewed already.
    if (held !== undefined && held.token.accessToken !== rejected.accessToken) return held.token
    if (held !== undefined && slot.flight === undefined) {
      if (this.#isForgiven(held, now)) return held.token
      this.#checkInterval(held, now)
    }
    const demand: RenewalDemand = { reason: 'rejected', unwanted: rejected.accessToken, anew: false, ignoreFailure: false }
    const token = await this.#renew(demand, signal)
    if (token.accessToken !== rejected.accessToken) return token
    const { serviceName } = this.#site.provider
    throw new AuthenticationError(`no other token for ${serviceName}: the provider gave the rejected one again`, {
      serviceName,
      retryable: true,
    })
  }

  async refresh(signal: AbortSignal | undefined): Promise<Token> {
    signal?.throwIfAborted()
    const unwanted = this.#site.slot.held?.data.accessToken
    return this.#renew({ reason: 'forced', unwanted, anew: true, ignoreFailure: true }, signal)
  }

  async invalidate(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    const { slot, provider, events } = this.#site
    const accessToken = slot.held?.data.accessToken
    const fetches = provider.canFetch ?? slot.fetches
    slot.generation += 1
    slot.failure = undefined
    slot.unsaved?.cancel()
    if (fetches === true) slot.drop()
    else dropHeldAccess(this.#site)
    slot.invalidated = accessToken
    events.emit('invalidated', {})
    await waitFor(forgetToken(this.#site, { keepRefresh: fetches !== true, accessToken }), signal)
  }

  async revoke(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    const { slot, provider, options } = this.#site
    // A renewal may be rotating the refresh token: what it brings is what has to be revoked.
    while (slot.flight !== undefined) await waitFor(slot.flight.ended, signal)
    const current = slot.held?.data ?? (await this.#readStored())
    slot.generation += 1
    slot.failure = undefined
    slot.unsaved?.cancel()
    slot.drop()
    slot.invalidated = current?.accessToken
    this.#site.events.emit('invalidated', {})
    const revoked =
      current === undefined || provider.revokeToken === undefined
        ? undefined
        : askProvider(this.#site, {
            ask: async (context) => provider.revokeToken?.(current, context).then(() => current) ?? current,
            limitMs: options.renewalTimeoutMs,
          })
    await waitFor(forgetToken(this.#site, { keepRefresh: false, accessToken: current?.accessToken }), signal)
    const answer = revoked === undefined ? undefined : await waitFor(revoked, signal)
    if (answer?.failure !== undefined) throw errorFor(answer.failure, { serviceName: provider.serviceName, attempts: 1 })
  }

  /** Ends all waits. A refresh that is on its way is still stored: the promise tells when. */
  async close(): Promise<void> {
    const { slot } = this.#site
    const { flight } = slot
    slot.closed = true
    flight?.release({ kind: 'closed', error: closedError() })
    slot.freshUntil = Number.NEGATIVE_INFINITY
    await flight?.ended
    await slot.unsaved?.save()
    slot.unsaved?.cancel()
    slot.unsubscribe?.()
  }

  async #readStored(): Promise<TokenData | undefined> {
    const { options, guard, key } = this.#site
    const { storage } = options
    if (storage === undefined) return undefined
    const read = await guard.call('get', () => storage.get(key))
    return read.answered ? readStored(this.#site, read.value) : undefined
  }

  #renewAhead(held: HeldToken, now: number): void {
    const { slot, events, clock } = this.#site
    if (slot.flight !== undefined || (slot.failure !== undefined && now < slot.failure.nextTryAt)) return
    events.emit('due', { expiresAt: held.data.expiresAt ?? clock.now() + (held.expiredAt - now) })
    this.#start({ reason: 'due', unwanted: held.data.accessToken, anew: false, ignoreFailure: false })
  }

  /** Joins the running renewal, or starts one; starts one of its own when what it joined brought something else. */
  async #renew(demand: RenewalDemand, signal: AbortSignal | undefined): Promise<Token> {
    for (let round = 0; ; round += 1) {
      const running = this.#running()
      if (running === undefined) this.#throwRemembered(demand)
      else this.#site.events.emit('renewal-joined', { reason: demand.reason })
      const outcome = await waitFor((running ?? this.#start(demand)).outcome, signal)
      // What began after this call is as good as a renewal of its own.
      if (running !== undefined && round === 0 && !satisfies(outcome, demand, running)) continue
      if (outcome.failure === undefined) return outcome.token
      throw this.#error(outcome)
    }
  }

  /** The renewal that a caller may join. One that was invalidated, or stopped, is nobody's to join. */
  #running(): Flight | undefined {
    const { flight, generation } = this.#site.slot
    if (flight === undefined || flight.generation !== generation) return undefined
    return flight.released === undefined || flight.isSpending ? flight : undefined
  }

  #start(demand: RenewalDemand): Flight {
    const { slot, clock, events, options } = this.#site
    const previous = slot.flight
    const flight = new Flight({ ...demand, generation: slot.generation, startedAt: clock.monotonic() })
    slot.flight = flight
    events.emit('renewal-started', { reason: demand.reason })
    const { renewalTimeoutMs } = options
    const timer = clock.setTimeout(
      () => flight.release(failureOf(timeoutError(this.#site, renewalTimeoutMs), 'timeout')),
      renewalTimeoutMs,
    )
    void this.#fly(flight, demand, previous).finally(() => clock.clearTimeout(timer))
    return flight
  }

  /** Never rejects. */
  async #fly(flight: Flight, demand: RenewalDemand, previous: Flight | undefined): Promise<void> {
    const { slot } = this.#site
    // Never two renewals of one token at one time, not even around an invalidation.
    if (previous !== undefined) await previous.ended
    try {
      flight.settle(await new Renewal(this.#site, flight, demand, this.#turns()).run())
    } catch (error) {
      flight.settle({ failure: failureOf(error) })
    } finally {
      if (slot.flight === flight) slot.flight = undefined
      flight.end()
    }
    const coordinator = this.#site.options.storage?.coordinator
    if (slot.noticeMissed && coordinator !== undefined && slot.flight === undefined) await revalidate(this.#site, coordinator)
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
    if (this.#site.clock.monotonic() < failure.recheckAt) throw this.#error({ failure: failure.failure })
  }

  #error(outcome: FlightOutcome & { readonly failure: NonNullable<FlightOutcome['failure']> }): Error {
    const { slot, clock, provider } = this.#site
    const remembered = slot.failure
    const retryAfterMs = remembered === undefined ? undefined : Math.max(0, Math.ceil(remembered.nextTryAt - clock.monotonic()))
    return errorFor(outcome.failure, { serviceName: provider.serviceName, attempts: remembered?.attempts ?? 1, retryAfterMs })
  }

  /** For APIs that learn of a token late: a young one is worth another try as it is, once. */
  #isForgiven(held: HeldToken, now: number): boolean {
    const { slot, options } = this.#site
    if (now - held.heldSince >= options.retryYoungerThanMs || slot.forgiven === held.data.accessToken) return false
    slot.forgiven = held.data.accessToken
    return true
  }

  /** An API that rejects every token must not make a storm at the identity provider. */
  #checkInterval(held: HeldToken, now: number): void {
    const { options, provider } = this.#site
    const retryAfterMs = Math.ceil(held.heldSince + options.minForcedIntervalMs - now)
    if (!held.fromRejection || retryAfterMs <= 0) return
    const message = `no other token for ${provider.serviceName} yet: the rejected one was minted after a rejection less than ${options.minForcedIntervalMs} ms ago`
    throw new AuthenticationError(message, {
      serviceName: provider.serviceName,
      retryable: true,
      retryAfterMs,
      requestSent: false,
    })
  }
}

/** True if what a joined renewal brought is what this caller wanted. */
function satisfies(outcome: FlightOutcome, demand: RenewalDemand, joined: Flight): boolean {
  if (outcome.failure === undefined) return outcome.token.accessToken !== demand.unwanted || joined.unwanted === demand.unwanted
  return !(demand.ignoreFailure && outcome.failure.shared === true)
}

/** What every call gets after `close()`. */
export function closedError(): ClientClosedError {
  return new ClientClosedError('the token manager is closed')
}
