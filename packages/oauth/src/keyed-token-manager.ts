import { ConfigurationError } from '@requestforge/core/errors'
import { closeSlot } from './close-slot.ts'
import { ManagerEvents, TokenEvents, type TokenManagerEvent, type TokenManagerEvents } from './manager-events.ts'
import { checkOptionNames } from './option-names.ts'
import { duration, numberOrKind } from './option-values.ts'
import { keyedEntriesLimit, keyedIdleMs } from './renewal-constants.ts'
import { closedError } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'
import { SlotQueue } from './slot-queue.ts'
import { StorageGuard } from './storage-guard.ts'
import { storageKey } from './storage-key.ts'
import { SlotTokens, type SubjectTokens, type SubjectTokensHome } from './subject-tokens.ts'
import { TokenKeeper } from './token-keeper.ts'
import {
  checkProvider,
  type RenewalOptions,
  type ResolvedRenewalOptions,
  renewalOptionNames,
  resolveRenewalOptions,
} from './token-manager-options.ts'
import type { TokenProvider } from './token-provider.ts'
import type { TokenSlot } from './token-slot.ts'

/** The options of a `KeyedTokenManager`. */
export interface KeyedTokenManagerOptions extends RenewalOptions {
  /** Makes the provider of a subject's tokens. Called for each renewal and not kept, so it should be cheap. */
  readonly provider: (subject: string) => TokenProvider
  /** How many tokens are held at most; the ones not used for longest go first. @default 100_000 */
  readonly maxEntries?: number | undefined
  /** A token that nobody asked for is dropped after this time, in milliseconds. A storage keeps it. @default 3_600_000 */
  readonly idleMs?: number | undefined
}

/**
 * One token for each user or tenant, each with all that a `TokenManager` promises, and no timer or promise for those at rest.
 *
 * @example
 * ```ts no-run
 * const tokens = new KeyedTokenManager({ provider: (tenant) => new TenantTokenProvider(tenant), storage })
 * const client = new HttpClient({ baseUrl, tokenAuth: { tokenManager: tokens.for('tenant-42') } })
 * ```
 */
export class KeyedTokenManager {
  readonly #makeProvider: (subject: string) => TokenProvider
  readonly #options: ResolvedRenewalOptions
  readonly #events: ManagerEvents = new ManagerEvents()
  readonly #guard: StorageGuard
  readonly #queue: SlotQueue
  readonly #home: SubjectTokensHome
  #closing: Promise<void> | undefined

  /** @throws {ConfigurationError} naming the option that is wrong */
  constructor(options: KeyedTokenManagerOptions) {
    checkOptionNames('KeyedTokenManager', options, ['provider', 'maxEntries', 'idleMs', ...renewalOptionNames])
    if (typeof options.provider !== 'function') {
      throw new ConfigurationError('provider must be a function from a subject to its provider', { option: 'provider' })
    }
    this.#makeProvider = options.provider
    this.#options = resolveRenewalOptions(options)
    const { clock, storageTimeoutMs } = this.#options
    const { maxEntries = keyedEntriesLimit, idleMs = keyedIdleMs } = options
    this.#queue = new SlotQueue(clock, { maxEntries: entries(maxEntries), idleMs: duration('idleMs', idleMs) })
    this.#home = {
      clock,
      events: this.#events,
      isClosed: () => this.#closing !== undefined,
      slot: (subject) => this.#slot(subject),
      keeper: (slot, subject) => new TokenKeeper(this.#site(slot, subject)),
    }
    this.#guard = new StorageGuard(
      clock,
      new TokenEvents(this.#events, { serviceName: undefined, subject: undefined }),
      storageTimeoutMs,
    )
  }

  /** How many tokens are held now. */
  get size(): number {
    return this.#queue.size
  }

  /** The tokens of one subject: what an `HttpClient` takes as its `tokenManager`. Costs nothing until it is asked. */
  for(subject: string): SubjectTokens {
    if (typeof subject !== 'string' || subject === '') throw new ConfigurationError('for() wants a subject that is not empty')
    return new SlotTokens(subject, this.#home)
  }

  /** Listens to one kind of event; the detail tells the subject. Returns the function that ends it. */
  on<Name extends TokenManagerEvent>(
    event: Name,
    listener: (detail: TokenManagerEvents[Name] & { readonly subject?: string | undefined }) => void,
  ): () => void {
    return this.#events.on(event, listener)
  }

  /** Ends all waits with `ClientClosedError`. Resolves when refreshes that were on their way are stored. The storage stays open. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #slot(subject: string): TokenSlot {
    if (this.#closing !== undefined) throw closedError()
    return this.#queue.take(subject)
  }

  #site(slot: TokenSlot, subject: string): RenewalSite {
    const provider = this.#makeProvider(subject)
    checkProvider(provider)
    const { clock, random } = this.#options
    const events = new TokenEvents(this.#events, { serviceName: provider.serviceName, subject })
    const key = storageKey(provider, undefined, subject)
    return { slot, provider, key, options: this.#options, clock, random, events, guard: this.#guard }
  }

  async #close(): Promise<void> {
    await Promise.all(this.#queue.clear().map(closeSlot))
  }
}

function entries(value: number): number {
  if (Number.isInteger(value) && value > 0) return value
  throw new ConfigurationError(`maxEntries must be a whole number above 0 (got ${numberOrKind(value)})`, { option: 'maxEntries' })
}
