import type { Clock } from '@requestforge/core'
import { ConfigurationError } from '@requestforge/core/errors'
import type { Claim, ClaimRequest, RenewalCoordinator, TokenData, TokenStorage } from '@requestforge/oauth'
import { LRUCache } from 'lru-cache'
import { ChangeListeners } from './change-listeners.ts'
import { type LeasedKey, MemoryLease } from './memory-lease.ts'
import { emptyRecord, nextVersion, type TokenRecord } from './token-record.ts'

/** Options of `InMemoryTokenStorage`. */
export interface InMemoryTokenStorageOptions {
  /** The most keys that are kept; beyond it the one that was not used for the longest time goes. @default 10_000 */
  readonly maxEntries?: number | undefined
  /** @default the platform's */
  readonly clock?: Clock | undefined
}

/** What a JavaScript Map can hold. */
const mostEntries = 2 ** 24

/** A removed key keeps its version for so long, in milliseconds, so that commits that began before the removal lose. */
const tombstoneMs = 3_600_000

/** Tokens in the process, bounded in number. Managers that are given the same object share each renewal. */
export class InMemoryTokenStorage implements TokenStorage {
  readonly coordinator: RenewalCoordinator
  readonly #records: LRUCache<string, TokenRecord>
  readonly #listeners = new ChangeListeners()
  readonly #monotonic: () => number

  /** @throws ConfigurationError */
  constructor(options: InMemoryTokenStorageOptions = {}) {
    if (typeof options !== 'object' || options === null)
      throw new ConfigurationError('InMemoryTokenStorage wants an options object, or nothing')
    const unknown = Object.keys(options).find((name) => name !== 'maxEntries' && name !== 'clock')
    if (unknown !== undefined)
      throw new ConfigurationError(`InMemoryTokenStorage has no option \`${unknown}\`; did you mean \`maxEntries\`?`, {
        option: unknown,
      })
    const { maxEntries = 10_000, clock } = options
    if (!Number.isInteger(maxEntries) || maxEntries < 1 || maxEntries > mostEntries) {
      throw new ConfigurationError(`maxEntries must be a whole number from 1 to ${mostEntries} (got ${String(maxEntries)})`, {
        option: 'maxEntries',
      })
    }
    if (clock !== undefined && typeof clock?.monotonic !== 'function') {
      throw new ConfigurationError('clock must be a Clock', { option: 'clock' })
    }
    this.#records = new LRUCache({ max: maxEntries })
    this.#monotonic = clock === undefined ? () => performance.now() : () => clock.monotonic()
    this.coordinator = {
      claim: (key, request) => this.#claim(key, request),
      remove: (key, version) => this.#remove(key, version),
      subscribe: (key, listener) => this.#listeners.add(key, listener),
    }
  }

  async get(key: string): Promise<TokenData | undefined> {
    return this.#known(key)?.token
  }

  async set(key: string, token: TokenData, options: { readonly keepForMs?: number | undefined } = {}): Promise<void> {
    const record = this.#record(key)
    const keepUntil = options.keepForMs === undefined ? Number.POSITIVE_INFINITY : this.#monotonic() + options.keepForMs
    const version = nextVersion(this.#monotonic(), record)
    Object.assign(record, { token: Object.freeze({ ...token }), version, keepUntil, spent: false, failure: undefined })
    this.#listeners.tell(key)
  }

  async delete(key: string): Promise<void> {
    const record = this.#known(key)
    if (record !== undefined) this.#bury(key, record, record.version)
  }

  async #claim(key: string, { newerThan, leaseMs, ignoreFailure }: ClaimRequest): Promise<Claim> {
    const record = this.#record(key)
    const now = this.#monotonic()
    const { token, version, failure, lease } = record
    if (token !== undefined && version > newerThan) return { kind: 'stored', stored: { token, version } }
    if (failure !== undefined && now < failure.until && ignoreFailure !== true) {
      return { kind: 'failed', failure: failure.failure, retryInMs: failure.until - now }
    }
    if (lease !== undefined && now < lease.until) return { kind: 'busy', retryInMs: lease.until - now }
    const owner = Symbol('lease')
    record.lease = { owner, until: now + leaseMs }
    const leased: LeasedKey = {
      monotonic: this.#monotonic,
      record: () => this.#record(key),
      tell: () => this.#listeners.tell(key),
    }
    return { kind: 'leased', lease: new MemoryLease(leased, owner, newerThan) }
  }

  async #remove(key: string, version: number): Promise<boolean> {
    const record = this.#record(key)
    if (record.version > version) return false
    this.#bury(key, record, version)
    return true
  }

  /** Forgets the token and all that was known of it but its version, which is raised. */
  #bury(key: string, record: TokenRecord, version: number): void {
    const keepUntil = this.#monotonic() + tombstoneMs
    Object.assign(record, {
      token: undefined,
      version: nextVersion(this.#monotonic(), record, version),
      keepUntil,
      spent: false,
      failure: undefined,
    })
    this.#listeners.tell(key)
  }

  /** The record of the key as of now, if there is one: time has taken from it what it had to. */
  #known(key: string): TokenRecord | undefined {
    const record = this.#records.get(key)
    if (record === undefined || this.#monotonic() < record.keepUntil) return record
    if (record.token === undefined) {
      this.#records.delete(key)
      return undefined
    }
    record.token = undefined
    record.spent = false
    record.keepUntil = this.#monotonic() + tombstoneMs
    return record
  }

  #record(key: string): TokenRecord {
    const known = this.#known(key)
    if (known !== undefined) return known
    const record = emptyRecord()
    this.#records.set(key, record)
    return record
  }
}
