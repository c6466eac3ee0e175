import type { AccessToken, Clock, TokenSource, WaitOptions } from '@requestforge/core'
import type { ManagerEvents } from './manager-events.ts'
import type { Token } from './token.ts'
import type { TokenKeeper } from './token-keeper.ts'
import type { TokenSlot } from './token-slot.ts'
import { signalOf } from './wait-options.ts'

/** What a subject's tokens borrow from their manager. */
export interface SubjectTokensHome {
  readonly clock: Clock
  readonly events: ManagerEvents
  isClosed(): boolean
  /** @throws {ClientClosedError} after `close()` */
  slot(subject: string): TokenSlot
  keeper(slot: TokenSlot, subject: string): TokenKeeper
}

/** The tokens of one subject of a `KeyedTokenManager`, with the methods of a `TokenManager`. Keep it, or ask for it each time. */
export interface SubjectTokens extends TokenSource {
  readonly subject: string
  /** As `TokenManager.getToken`. */
  getToken(options?: WaitOptions): Promise<Token>
  /** As `TokenManager.peekToken`. */
  peekToken(): Token | undefined
  /** As `TokenManager.forceRefresh`. */
  forceRefresh(options?: WaitOptions): Promise<Token>
  /** As `TokenManager.replaceToken`. */
  replaceToken(rejected: AccessToken, options?: WaitOptions): Promise<Token>
  /** As `TokenManager.invalidateToken`. */
  invalidateToken(options?: WaitOptions): Promise<void>
  /** As `TokenManager.revokeToken`. */
  revokeToken(options?: WaitOptions): Promise<void>
}

/** A class of its own: one in the place of the interface would be typed as if it could be imported, with all that it borrows. */
export class SlotTokens implements SubjectTokens {
  readonly subject: string
  readonly #home: SubjectTokensHome
  #slot: TokenSlot | undefined

  constructor(subject: string, home: SubjectTokensHome) {
    this.subject = subject
    this.#home = home
  }

  getToken(options?: WaitOptions): Promise<Token> {
    const fresh = options === undefined ? this.#fresh() : undefined
    return fresh === undefined ? this.#getSlowly(options) : Promise.resolve(fresh)
  }

  peekToken(): Token | undefined {
    return this.#fresh() ?? (this.#home.isClosed() ? undefined : this.#keeper().peek())
  }

  async forceRefresh(options?: WaitOptions): Promise<Token> {
    return this.#keeper().refresh(signalOf('forceRefresh', options))
  }

  async replaceToken(rejected: AccessToken, options?: WaitOptions): Promise<Token> {
    return this.#keeper().replace(rejected, signalOf('replaceToken', options))
  }

  async invalidateToken(options?: WaitOptions): Promise<void> {
    return this.#keeper().invalidate(signalOf('invalidateToken', options))
  }

  async revokeToken(options?: WaitOptions): Promise<void> {
    return this.#keeper().revoke(signalOf('revokeToken', options))
  }

  async #getSlowly(options: WaitOptions | undefined): Promise<Token> {
    return this.#keeper().get(signalOf('getToken', options))
  }

  /** The token if it can be sent without a thought. */
  #fresh(): Token | undefined {
    if (this.#home.isClosed()) return undefined
    const slot = this.#current()
    const now = this.#home.clock.monotonic()
    slot.usedAt = now
    const { held } = slot
    if (held === undefined || now >= slot.freshUntil) return undefined
    if (this.#home.events.watchesHits) {
      const about = { serviceName: undefined, subject: this.subject }
      this.#home.events.tell('hit', { version: held.version }, about)
    }
    return held.token
  }

  #keeper(): TokenKeeper {
    return this.#home.keeper(this.#current(), this.subject)
  }

  #current(): TokenSlot {
    if (this.#slot === undefined || this.#slot.dropped) this.#slot = this.#home.slot(this.subject)
    return this.#slot
  }
}
