import { AuthenticationError, ReauthenticationRequiredError } from '@requestforge/core/errors'
import { askProvider, type ProviderAnswer, type ProviderQuestion } from './ask-provider.ts'
import { canFetch } from './can-fetch.ts'
import { mayBeSentAgain } from './failure-class.ts'
import { isUsable } from './hold-token.ts'
import { refreshHardCapMs, storagePauseMs } from './renewal-constants.ts'
import { closedError, type RenewalFailure, reauthenticationFailure, stoppedFailure } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { RenewalTurn } from './renewal-turn.ts'
import type { Flight } from './single-flight.ts'
import { storageAwayFailure } from './storage-away.ts'
import type { TokenData } from './token-data.ts'
import { takeMarks } from './token-marks.ts'
import { mergeRefreshed } from './token-merge.ts'
import { isAccessPartDropped } from './token-parts.ts'
import type { StoredToken } from './token-storage.ts'

/** What a turn brought. */
export type GrantAnswer =
  | { readonly kind: 'minted'; readonly token: TokenData }
  /** Somebody else has the turn, or has rotated: compete again. */
  | { readonly kind: 'again' }
  | GrantFailure

/** No token, and what that means for the stored refresh token. */
export interface GrantFailure {
  readonly kind: 'failed'
  readonly failure: RenewalFailure
  readonly unspent: boolean
  /** How many requests failed. */
  readonly tries: number
  readonly dead?: StoredToken | undefined
  readonly retriedInVain?: StoredToken | undefined
}

/** Gets one token in one turn: by the refresh token where there is one, else anew. A refresh token is sent once, or once more in doubt. */
export class Grant {
  readonly #site: RenewalSite
  readonly #flight: Flight
  readonly #turn: RenewalTurn
  /** What the renewal starts from: the newest that storage and memory know. */
  readonly #current: StoredToken | undefined
  #tries = 0

  constructor(site: RenewalSite, flight: Flight, turn: RenewalTurn) {
    this.#site = site
    this.#flight = flight
    this.#turn = turn
    const { held } = site.slot
    this.#current =
      turn.stored ?? (held === undefined || turn.memory === 'void' ? undefined : { token: held.data, version: held.version })
  }

  async obtain(): Promise<GrantAnswer> {
    const current = this.#refreshable()
    if (current === undefined) return this.#fetch()
    const { marks } = takeMarks(current)
    const isInDoubt =
      this.#turn.inDoubt || marks.inDoubt || marks.retriedInVain || this.#site.slot.doubtful === current.refreshToken
    if (isInDoubt) return this.#resolveDoubt(current, undefined)
    if (this.#turn.storageAway && this.#site.options.onStorageFailure === 'fetch') return this.#fetch()
    if ((isAccessPartDropped(current) || this.#turn.memory === 'doubtful') && this.#mayFetch) {
      // Invalidated, or gone, and nobody knows yet whether a new login is needed to mint anew.
      const fetched = await this.#fetch()
      if (fetched.kind !== 'failed' || !this.#saysNever(fetched.failure)) return fetched
    }
    return this.#refresh(current, false)
  }

  get #mayFetch(): boolean {
    return canFetch(this.#site) !== false
  }

  #refreshable(): RefreshableToken | undefined {
    const { provider, clock, slot } = this.#site
    const token = this.#current?.token
    if (token?.refreshToken === undefined || provider.refreshToken === undefined) return undefined
    if (slot.isRejected(token.refreshToken) || slot.isSpent(token.refreshToken)) return undefined
    if (token.refreshTokenExpiresAt !== undefined && token.refreshTokenExpiresAt <= clock.now()) return undefined
    return { ...token, refreshToken: token.refreshToken }
  }

  async #fetch(): Promise<GrantAnswer> {
    const { provider, options, slot } = this.#site
    const { stopSignal, released } = this.#flight
    const answer = await this.#ask({
      ask: (context) => provider.fetchToken(context),
      limitMs: options.renewalTimeoutMs,
      // When the waiters have gone already, this is work for the next ones.
      stopSignal: released === undefined ? stopSignal : undefined,
    })
    if (answer.token !== undefined) {
      slot.fetches = true
      return { kind: 'minted', token: answer.token }
    }
    const { failure } = answer
    if (failure.error instanceof ReauthenticationRequiredError && failure.error.reason === 'no_grant') {
      slot.fetches = false
      // The session may well stand in the storage: nobody has to log in because that is away.
      if (this.#turn.storageAway) {
        const away = storageAwayFailure(this.#site, this.#site.guard.pauseMs > 0 ? undefined : storagePauseMs)
        return this.#failed(away, !this.#turn.inDoubt)
      }
    }
    return this.#failed(failure, !this.#turn.inDoubt)
  }

  async #refresh(current: RefreshableToken, doubted: boolean): Promise<GrantAnswer> {
    const { provider, options, slot } = this.#site
    const spend = await this.#turn.markSpent()
    if (spend === 'lost') return { kind: 'again' }
    if (spend === 'unavailable' && options.onStorageFailure === 'fetch') return this.#fetch()
    if (spend === 'unavailable' && options.onStorageFailure === 'error')
      return this.#failed(storageAwayFailure(this.#site), false)
    this.#flight.beginSpending()
    const limitMs = Math.max(refreshHardCapMs, options.renewalTimeoutMs)
    const answer = await this.#ask({
      ask: async (context) => {
        if (provider.refreshToken === undefined) throw noRefresh()
        return provider.refreshToken(current, context)
      },
      limitMs,
    })
    this.#flight.endSpending()
    if (answer.token !== undefined) {
      slot.doubtful = undefined
      const isRotated = answer.token.refreshToken !== undefined && answer.token.refreshToken !== current.refreshToken
      if (isRotated) slot.spend(current.refreshToken)
      slot.retriedDoubt = undefined
      return { kind: 'minted', token: mergeRefreshed(current, answer.token) }
    }
    switch (answer.failure.kind) {
      case 'rejected':
        return this.#rejected(current, answer.failure, doubted)
      case 'lost':
      case 'timeout':
      case 'junk':
        return this.#lost(current, answer.failure, doubted)
      default:
        return this.#refused(current, answer.failure, !doubted)
    }
  }

  /** A server may give refresh tokens that it lets nobody redeem. Where a new token can be had without, such a one is presented no more. */
  #refused(current: RefreshableToken, failure: RenewalFailure, unspent: boolean): GrantFailure {
    if (canFetch(this.#site) === true && refusesRefresh(failure)) this.#site.slot.reject(current.refreshToken)
    return this.#failed(failure, unspent)
  }

  /** `invalid_grant`: somebody has rotated, or the session is over. */
  async #rejected(current: RefreshableToken, failure: RenewalFailure, doubted: boolean): Promise<GrantAnswer> {
    this.#site.slot.reject(current.refreshToken)
    if (await this.#turn.isRenewed(current)) return { kind: 'again' }
    const dead = this.#current
    if (this.#mayFetch) {
      const fetched = await this.#fetch()
      if (fetched.kind !== 'failed') return fetched
      if (fetched.failure.kind !== 'reauthentication') return { ...fetched, dead }
    }
    const reason = doubted ? 'refresh_lost' : 'refresh_rejected'
    return { ...this.#failed(reauthenticationFailure(this.#site.provider.serviceName, reason, failure.error), false), dead }
  }

  /** Sent, and no answer that could be read. The token may be spent. */
  async #lost(current: RefreshableToken, failure: RenewalFailure, doubted: boolean): Promise<GrantAnswer> {
    const { slot } = this.#site
    slot.doubtful = current.refreshToken
    if (doubted) slot.retriedDoubt = current.refreshToken
    if (await this.#turn.isRenewed(current)) return { kind: 'again' }
    // Nobody waits for it any more: whoever comes next finds the doubt.
    if (slot.closed) return this.#failed(stoppedFailure(closedError()), false)
    if (!doubted) return this.#resolveDoubt(current, failure)
    const answer = await this.#resolveDoubt(current, failure)
    return answer.kind === 'failed' ? { ...answer, retriedInVain: this.#current } : answer
  }

  async #resolveDoubt(current: RefreshableToken, lost: RenewalFailure | undefined): Promise<GrantAnswer> {
    const { options, provider, slot } = this.#site
    const over = (): GrantFailure =>
      this.#failed(reauthenticationFailure(provider.serviceName, 'refresh_lost', lost?.error), false)
    if (options.onInDoubt === 'error') return over()
    const isTriedTwice = slot.retriedDoubt === current.refreshToken || takeMarks(current).marks.retriedInVain
    if ((options.onInDoubt === 'fetch' || isTriedTwice) && this.#mayFetch) {
      const fetched = await this.#fetch()
      if (fetched.kind !== 'failed') return fetched
      if (!this.#saysNever(fetched.failure)) return { ...fetched, unspent: false }
    }
    if (isTriedTwice) return over()
    // A reuse alarm revokes live access tokens too: not before this one has ended.
    if (!isAccessPartDropped(current) && isUsable(this.#site, current)) return this.#failed(this.#postponed(current), false)
    return this.#refresh(current, true)
  }

  #postponed(current: TokenData): RenewalFailure {
    const { provider, clock } = this.#site
    const retryAfterMs = Math.max(0, (current.expiresAt ?? clock.now()) - clock.now())
    const message = `no new token for ${provider.serviceName}: a renewal's answer was lost; the refresh token is tried once more when the access token has expired`
    const error = new AuthenticationError(message, { serviceName: provider.serviceName, retryable: true, retryAfterMs })
    return { kind: 'postponed', error, retryAfterMs }
  }

  /** True for failures of `fetchToken` that a refresh token may get around. */
  #saysNever(failure: RenewalFailure): boolean {
    return failure.kind === 'reauthentication' || failure.kind === 'permanent' || failure.kind === 'rejected'
  }

  /** Asks; where surely nothing was sent, and nothing had failed before, once more at once. */
  async #ask(question: ProviderQuestion): Promise<ProviderAnswer> {
    // What is minted from here on was not meant by an invalidation before.
    this.#flight.generation = this.#site.slot.generation
    const first = await askProvider(this.#site, question)
    if (first.token !== undefined) return first
    this.#tries += 1
    const { slot } = this.#site
    const isCalm = slot.failure === undefined && this.#tries === 1 && slot.isCurrent(this.#flight)
    const isStopped = question.stopSignal?.aborted === true
    if (!isCalm || isStopped || first.failure.kind !== 'unsent' || !mayBeSentAgain(first.failure.error)) return first
    const second = await askProvider(this.#site, question)
    if (second.failure !== undefined) this.#tries += 1
    return second
  }

  #failed(failure: RenewalFailure, unspent: boolean): GrantFailure {
    return { kind: 'failed', failure, unspent, tries: Math.max(1, this.#tries) }
  }
}

/** True for a final no to the refresh; what is wrong with the client or its scope is so for every grant. */
function refusesRefresh({ kind, error }: RenewalFailure): boolean {
  const code = error instanceof AuthenticationError ? error.oauthError : undefined
  return kind === 'permanent' && code !== undefined && code !== 'invalid_client' && code !== 'invalid_scope'
}

/** A token that a refresh can start from. */
type RefreshableToken = TokenData & { readonly refreshToken: string }

function noRefresh(): Error {
  return new AuthenticationError('the provider has no refreshToken method any more', { requestSent: false })
}
