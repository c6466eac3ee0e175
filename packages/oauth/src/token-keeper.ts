import type { AccessToken } from '@requestforge/core'
import { AuthenticationError, ConfigurationError } from '@requestforge/core/errors'
import { throwIfAborted, waitFor } from './abortable-wait.ts'
import { askProvider } from './ask-provider.ts'
import { canFetch } from './can-fetch.ts'
import { forgetToken } from './forget-token.ts'
import { dropHeldAccess } from './hold-token.ts'
import type { RenewalDemand } from './renewal.ts'
import { errorFor } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'
import { SharedRenewal } from './shared-renewal.ts'
import { isOlder } from './stored-age.ts'
import type { Token } from './token.ts'
import type { TokenData } from './token-data.ts'
import { takeMarks } from './token-marks.ts'
import { isAccessPartDropped } from './token-parts.ts'
import type { HeldToken } from './token-slot.ts'

/** Everything that can be done with one token, beyond handing out a fresh one. */
export class TokenKeeper {
  readonly #site: RenewalSite
  readonly #renewals: SharedRenewal

  /** `tellsIdentity`: a provider that does not say what makes its tokens different is to be told as a deviation, once. */
  constructor(site: RenewalSite, { tellsIdentity = false }: { readonly tellsIdentity?: boolean | undefined } = {}) {
    this.#site = site
    this.#renewals = new SharedRenewal(site, tellsIdentity)
  }

  /** The held token while it may be sent; renewed ahead in the background when it is due. */
  peek(): Token | undefined {
    const { slot, clock } = this.#site
    const now = clock.monotonic()
    const held = slot.usable(now)
    if (held === undefined) return undefined
    if (now >= held.dueAt) this.#renewals.ahead(held, now)
    this.#site.events.emit('hit', { version: held.version })
    return held.token
  }

  async get(signal: AbortSignal | undefined): Promise<Token> {
    throwIfAborted(signal)
    const held = this.peek()
    if (held !== undefined) return held
    const { slot } = this.#site
    const reason = slot.held === undefined ? 'missing' : 'expired'
    return this.#renewals.renew({ reason, unwanted: undefined, anew: false, ignoreFailure: false }, signal)
  }

  async replace(rejected: AccessToken, signal: AbortSignal | undefined): Promise<Token> {
    throwIfAborted(signal)
    if (typeof rejected?.accessToken !== 'string') throw new ConfigurationError('replaceToken wants the token that was rejected')
    const { slot, clock } = this.#site
    const now = clock.monotonic()
    const held = slot.usable(now)
    // Late: somebody has renewed already.
    if (held !== undefined && held.token.accessToken !== rejected.accessToken) return held.token
    const demand: RenewalDemand = { reason: 'rejected', unwanted: rejected.accessToken, anew: false, ignoreFailure: false }
    if (held !== undefined && slot.flight === undefined) {
      if (this.#isForgiven(held, now)) return held.token
      if (this.#isTooSoon(held, now)) return this.#replaceUnasked(demand, held, signal)
    }
    return this.#replaceAsked(demand, signal)
  }

  async refresh(signal: AbortSignal | undefined): Promise<Token> {
    throwIfAborted(signal)
    const unwanted = this.#site.slot.held?.data.accessToken
    return this.#renewals.renew({ reason: 'forced', unwanted, anew: true, ignoreFailure: true }, signal)
  }

  async invalidate(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal)
    const { slot, events } = this.#site
    const { held } = slot
    const accessToken = held === undefined || isAccessPartDropped(held.data) ? undefined : held.data.accessToken
    const keepRefresh = canFetch(this.#site) !== true
    const ahead = slot.isAhead ? held?.data : undefined
    slot.generation += 1
    slot.failure = undefined
    slot.unsaved?.cancel()
    if (keepRefresh) dropHeldAccess(this.#site)
    else slot.drop()
    slot.invalidated = accessToken ?? slot.invalidated
    events.emit('invalidated', {})
    await waitFor(forgetToken(this.#site, { keepRefresh, ahead }), signal)
  }

  async revoke(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal)
    const { slot, provider, options } = this.#site
    const current = await this.#newest(signal)
    slot.generation += 1
    slot.failure = undefined
    slot.unsaved?.cancel()
    slot.drop()
    slot.invalidated = current?.accessToken ?? slot.invalidated
    this.#site.events.emit('invalidated', {})
    const revoked =
      current === undefined || provider.revokeToken === undefined
        ? undefined
        : askProvider(this.#site, {
            ask: async (context) => {
              await provider.revokeToken?.(current, context)
              return current
            },
            limitMs: options.renewalTimeoutMs,
            keepsAlive: true,
          })
    await waitFor(forgetToken(this.#site, { keepRefresh: false }), signal)
    const answer = revoked === undefined ? undefined : await waitFor(revoked, signal)
    if (answer?.failure !== undefined) throw errorFor(answer.failure, { serviceName: provider.serviceName, attempts: 1 })
  }

  /** What has to be revoked: what a running renewal brings, or what somebody else has put into the storage since. */
  async #newest(signal: AbortSignal | undefined): Promise<TokenData | undefined> {
    const { slot } = this.#site
    for (;;) {
      while (slot.flight !== undefined) await waitFor(slot.flight.ended, signal)
      // A misconfigured storage is told by what is to forget the token there: what is held here has to be revoked all the same.
      const stored = await waitFor(
        this.#renewals.look().catch(() => undefined),
        signal,
      )
      if (slot.flight !== undefined) continue
      return stored === undefined || isOlder(this.#site, stored) ? slot.held?.data : takeMarks(stored).token
    }
  }

  /** For APIs that learn of a token late: a young one is worth another try as it is, once. */
  #isForgiven(held: HeldToken, now: number): boolean {
    const { slot, options } = this.#site
    if (now - held.heldSince >= options.retryYoungerThanMs || slot.forgiven === held.data.accessToken) return false
    slot.forgiven = held.data.accessToken
    return true
  }

  /** An API that rejects every token must not make a storm at the identity provider. */
  #isTooSoon(held: HeldToken, now: number): boolean {
    return held.fromRejection && this.#waitMs(held, now) > 0
  }

  /** How long until a rejection may cause the next renewal. */
  #waitMs(held: HeldToken, now: number): number {
    return Math.ceil(held.heldSince + this.#site.options.minForcedIntervalMs - now)
  }

  /** Too soon to ask the provider again. What somebody else has stored, or what has come or begun meanwhile, will do. */
  async #replaceUnasked(demand: RenewalDemand, rejected: HeldToken, signal: AbortSignal | undefined): Promise<Token> {
    const found = await this.#renewals.find(demand, signal)
    if (found !== undefined) return found
    const { slot, clock } = this.#site
    const now = clock.monotonic()
    if (slot.flight === undefined && slot.held === rejected) throw this.#tooSoon(Math.max(0, this.#waitMs(rejected, now)))
    const held = slot.usable(now)
    return held === undefined || held.data.accessToken === demand.unwanted ? this.#replaceAsked(demand, signal) : held.token
  }

  async #replaceAsked(demand: RenewalDemand, signal: AbortSignal | undefined): Promise<Token> {
    const token = await this.#renewals.renew(demand, signal)
    if (token.accessToken !== demand.unwanted) return token
    const { serviceName } = this.#site.provider
    throw new AuthenticationError(`no other token for ${serviceName}: the provider gave the rejected one again`, {
      serviceName,
      retryable: true,
    })
  }

  #tooSoon(retryAfterMs: number): AuthenticationError {
    const { options, provider } = this.#site
    const message = `no other token for ${provider.serviceName} yet: the rejected one was minted after a rejection less than ${options.minForcedIntervalMs} ms ago`
    return new AuthenticationError(message, {
      serviceName: provider.serviceName,
      retryable: true,
      retryAfterMs,
      requestSent: false,
      rejectedAgain: true,
    })
  }
}
