import type { AccessToken, Clock, TokenSource, WaitOptions } from '@requestforge/core'
import { closeSlot } from './close-slot.ts'
import { ManagerEvents, TokenEvents, type TokenManagerEvent, type TokenManagerEvents } from './manager-events.ts'
import { closedError } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'
import { StorageGuard } from './storage-guard.ts'
import { storageKey } from './storage-key.ts'
import type { Token } from './token.ts'
import { TokenKeeper } from './token-keeper.ts'
import { checkTokenManagerOptions, resolveRenewalOptions, type TokenManagerOptions } from './token-manager-options.ts'
import { TokenSlot } from './token-slot.ts'
import { signalOf } from './wait-options.ts'

/**
 * Keeps one token: fetched when it is needed, shared by all who want it, renewed ahead of time, replaced when an API rejects it.
 *
 * @example
 * ```ts no-run
 * const manager = new TokenManager({ provider, storage })
 * const token = await manager.getToken()
 * ```
 */
export class TokenManager implements TokenSource {
  readonly #keeper: TokenKeeper
  readonly #slot: TokenSlot
  readonly #clock: Clock
  readonly #events: ManagerEvents
  readonly #tokenEvents: TokenEvents
  /** The held token as a settled promise, made once for each token. */
  #settled: Promise<Token> | undefined
  #settledToken: Token | undefined
  #closing: Promise<void> | undefined

  /** @throws {ConfigurationError} naming the option that is wrong */
  constructor(options: TokenManagerOptions) {
    checkTokenManagerOptions(options)
    const resolved = resolveRenewalOptions(options)
    const { clock, random } = resolved
    const { provider, key } = options
    this.#clock = clock
    this.#slot = new TokenSlot(undefined)
    this.#events = new ManagerEvents()
    this.#tokenEvents = new TokenEvents(this.#events, { serviceName: provider.serviceName, subject: undefined })
    const site: RenewalSite = {
      slot: this.#slot,
      provider,
      key: storageKey(provider, key, undefined),
      options: resolved,
      clock,
      random,
      events: this.#tokenEvents,
      guard: new StorageGuard(clock, this.#tokenEvents, resolved.storageTimeoutMs),
    }
    this.#keeper = new TokenKeeper(site, { tellsIdentity: resolved.storage !== undefined && key === undefined })
  }

  /**
   * A token that can be sent: from memory, or from the one renewal that all callers share.
   *
   * @throws {AuthenticationError} when none can be had
   * @throws {RequestTimeoutError} of phase `token` after `renewalTimeoutMs`
   * @throws {ClientClosedError} after `close()`
   */
  getToken(options?: WaitOptions): Promise<Token> {
    const { held, freshUntil } = this.#slot
    if (options !== undefined || held === undefined || this.#clock.monotonic() >= freshUntil) return this.#getSlowly(options)
    if (this.#events.watchesHits) this.#tokenEvents.emit('hit', { version: held.version })
    if (this.#settled === undefined || this.#settledToken !== held.token) {
      this.#settledToken = held.token
      this.#settled = Promise.resolve(held.token)
    }
    return this.#settled
  }

  /** The token at hand if it can be sent now, else undefined. When it is due, its renewal is started in the background. */
  peekToken(): Token | undefined {
    const { held, freshUntil } = this.#slot
    if (held === undefined || this.#clock.monotonic() >= freshUntil)
      return this.#closing === undefined ? this.#keeper.peek() : undefined
    if (this.#events.watchesHits) this.#tokenEvents.emit('hit', { version: held.version })
    return held.token
  }

  /**
   * A new token, shared by concurrent callers; remembered failures do not count. If it fails, the old token stays.
   *
   * @throws {AuthenticationError} when none can be had
   */
  async forceRefresh(options?: WaitOptions): Promise<Token> {
    this.#throwIfClosed()
    return this.#keeper.refresh(signalOf('forceRefresh', options))
  }

  /**
   * A token other than `rejected`: what is held or stored already, or what one renewal brings.
   *
   * @throws {AuthenticationError} when none can be had, or `rejected` was itself minted by a rejection less than `minForcedIntervalMs` ago
   */
  async replaceToken(rejected: AccessToken, options?: WaitOptions): Promise<Token> {
    this.#throwIfClosed()
    return this.#keeper.replace(rejected, signalOf('replaceToken', options))
  }

  /** Forgets the token, here and in the storage. Where only its refresh token can renew, that part is kept. */
  async invalidateToken(options?: WaitOptions): Promise<void> {
    this.#throwIfClosed()
    return this.#keeper.invalidate(signalOf('invalidateToken', options))
  }

  /**
   * Tells the server to forget the token, where the provider can; then forgets it, refresh token included.
   *
   * @throws {AuthenticationError} when the server could not be told; the token is forgotten all the same
   * @see RFC 7009
   */
  async revokeToken(options?: WaitOptions): Promise<void> {
    this.#throwIfClosed()
    return this.#keeper.revoke(signalOf('revokeToken', options))
  }

  /** Listens to one kind of event. What a listener throws is ignored. Returns the function that ends it. */
  on<Name extends TokenManagerEvent>(event: Name, listener: (detail: TokenManagerEvents[Name]) => void): () => void {
    return this.#events.on(event, listener)
  }

  /** Ends all waits with `ClientClosedError`. Resolves when a refresh that was on its way is stored. The storage stays open. */
  close(): Promise<void> {
    this.#closing ??= closeSlot(this.#slot)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #getSlowly(options: WaitOptions | undefined): Promise<Token> {
    this.#throwIfClosed()
    return this.#keeper.get(signalOf('getToken', options))
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) throw closedError()
  }
}
