import type { CommitResult, ReleaseOutcome, RenewalLease, StoredToken, TokenData } from '@requestforge/oauth'
import { nextVersion, type TokenRecord } from './token-record.ts'

/** What a lease needs of the storage. */
export interface LeasedKey {
  readonly monotonic: () => number
  /** The record as it is now: it may have been evicted and made anew. */
  record(): TokenRecord
  tell(): void
}

/** The right, for a short time, to renew one token. */
export class MemoryLease implements RenewalLease {
  readonly stored: StoredToken | undefined
  readonly inDoubt: boolean
  readonly version: number
  readonly #key: LeasedKey
  readonly #owner: symbol
  readonly #newerThan: number
  #base: number
  #committed: TokenData | undefined

  constructor(key: LeasedKey, owner: symbol, newerThan: number) {
    const { version, token, spent } = key.record()
    this.stored = token === undefined ? undefined : { token, version }
    this.inDoubt = spent
    this.version = version
    this.#key = key
    this.#owner = owner
    this.#newerThan = newerThan
    this.#base = version
  }

  /** One that has run out goes on, too, as long as nobody else has taken it. */
  async extend(leaseMs: number): Promise<boolean> {
    if (this.#key.record().lease?.owner !== this.#owner) return false
    this.#key.record().lease = { owner: this.#owner, until: this.#key.monotonic() + leaseMs }
    return true
  }

  async markSpent(): Promise<boolean> {
    const record = this.#key.record()
    // Who overslept may have committed in the meantime: what this lease would spend has been replaced.
    if (!this.#owns() || record.version > this.#base) return false
    record.spent = true
    return true
  }

  async commit(token: TokenData, { keepForMs }: { readonly keepForMs?: number | undefined }): Promise<CommitResult> {
    const record = this.#key.record()
    const isRepeated = this.#committed?.accessToken === token.accessToken && record.version === this.#base
    if (!isRepeated) {
      // A lower version is that of a record which was evicted and began anew: nothing there is newer.
      if (record.version > this.#base) return { committed: false, stored: storedOf(record) }
      record.version = nextVersion(this.#key.monotonic(), record, this.#base, this.#newerThan)
      this.#base = record.version
      this.#committed = token
    }
    record.token = Object.freeze({ ...token })
    record.keepUntil = keepForMs === undefined ? Number.POSITIVE_INFINITY : this.#key.monotonic() + keepForMs
    record.spent = false
    record.failure = undefined
    if (record.lease?.owner === this.#owner) record.lease = undefined
    this.#key.tell()
    return { committed: true, version: record.version }
  }

  async release({ unspent, failure, retryInMs = 0 }: ReleaseOutcome = {}): Promise<void> {
    const record = this.#key.record()
    if (record.lease?.owner !== this.#owner) return
    record.lease = undefined
    if (unspent === true) record.spent = false
    if (failure !== undefined) {
      // A forced attempt that fails does not shorten the pause that a server asked for.
      const until = Math.max(record.failure?.until ?? 0, this.#key.monotonic() + retryInMs)
      record.failure = { failure, until }
    }
    this.#key.tell()
  }

  #owns(): boolean {
    const { lease } = this.#key.record()
    return lease?.owner === this.#owner && this.#key.monotonic() < lease.until
  }
}

function storedOf({ token, version }: TokenRecord): StoredToken | undefined {
  return token === undefined ? undefined : { token, version }
}
