import type { Claim, ClaimRequest, CommitResult, ReleaseOutcome, SharedFailure, TokenData } from '../../src/index.ts'

/** All that is kept for one key. Times are true ones. */
export interface StoredRecord {
  version: number
  token: TokenData | undefined
  keepUntil: number
  lease: { readonly owner: number; readonly until: number } | undefined
  spent: boolean
  failure: { readonly failure: SharedFailure; readonly until: number } | undefined
}

/** What a claim gave, before it is made a `Claim` of the claimant's own connection. */
export type ClaimAnswer = Exclude<Claim, { kind: 'leased' }> | { readonly kind: 'leased'; readonly taken: TakenLease }

/** A lease as the storage handed it out. */
export interface TakenLease {
  readonly owner: number
  readonly version: number
  readonly token: TokenData | undefined
  readonly inDoubt: boolean
  readonly newerThan: number
  /** What this lease has committed, and as which version: repeating it is harmless. */
  committed: { readonly accessToken: string; readonly version: number } | undefined
}

/** The storage that all processes share: each step here is atomic. */
export class SimulatedStorage {
  readonly records: Map<string, StoredRecord> = new Map()
  readonly #now: () => number
  readonly #onChange: (key: string) => void
  readonly #history: { readonly key: string; readonly record: StoredRecord }[] = []
  #owners = 0

  constructor(now: () => number, onChange: (key: string) => void) {
    this.#now = now
    this.#onChange = onChange
  }

  record(key: string): StoredRecord {
    const record = this.records.get(key) ?? emptyRecord()
    this.records.set(key, record)
    if (record.token !== undefined && this.#now() >= record.keepUntil) Object.assign(record, { token: undefined, spent: false })
    return record
  }

  get(key: string): TokenData | undefined {
    return this.record(key).token
  }

  set(key: string, token: TokenData, keepForMs: number | undefined): void {
    const record = this.#change(key)
    Object.assign(record, {
      token,
      version: this.#next(record),
      keepUntil: this.#keepUntil(keepForMs),
      spent: false,
      failure: undefined,
    })
    this.#onChange(key)
  }

  delete(key: string): void {
    this.#bury(key, this.record(key).version)
  }

  claim(key: string, { newerThan, leaseMs, ignoreFailure }: ClaimRequest): ClaimAnswer {
    const record = this.record(key)
    const now = this.#now()
    const { token, version, failure, lease, spent } = record
    if (token !== undefined && version > newerThan) return { kind: 'stored', stored: { token, version } }
    if (failure !== undefined && now < failure.until && ignoreFailure !== true)
      return { kind: 'failed', failure: failure.failure, retryInMs: failure.until - now }
    if (lease !== undefined && now < lease.until) return { kind: 'busy', retryInMs: lease.until - now }
    this.#owners += 1
    record.lease = { owner: this.#owners, until: now + leaseMs }
    return { kind: 'leased', taken: { owner: this.#owners, version, token, inDoubt: spent, newerThan, committed: undefined } }
  }

  extend(key: string, { owner }: TakenLease, leaseMs: number): boolean {
    if (this.record(key).lease?.owner !== owner) return false
    this.record(key).lease = { owner, until: this.#now() + leaseMs }
    return true
  }

  markSpent(key: string, { owner, version }: TakenLease): boolean {
    if (!this.#owns(key, owner) || this.record(key).version > version) return false
    this.#change(key).spent = true
    return true
  }

  commit(key: string, lease: TakenLease, token: TokenData, keepForMs: number | undefined): CommitResult {
    const before = this.record(key)
    const isRepeated = lease.committed?.accessToken === token.accessToken && before.version === lease.committed.version
    const base = lease.committed?.version ?? lease.version
    if (!isRepeated && before.version !== base && before.version !== 0)
      return {
        committed: false,
        stored: before.token === undefined ? undefined : { token: before.token, version: before.version },
      }
    const record = this.#change(key)
    if (!isRepeated) record.version = this.#next(record, base, lease.newerThan)
    lease.committed = { accessToken: token.accessToken, version: record.version }
    if (record.lease?.owner === lease.owner) record.lease = undefined
    Object.assign(record, { token, keepUntil: this.#keepUntil(keepForMs), spent: false, failure: undefined })
    this.#onChange(key)
    return { committed: true, version: record.version }
  }

  release(key: string, { owner }: TakenLease, { unspent, failure, retryInMs = 0 }: ReleaseOutcome = {}): void {
    const record = this.record(key)
    if (record.lease?.owner !== owner) return
    record.lease = undefined
    if (unspent === true) record.spent = false
    if (failure !== undefined) record.failure = { failure, until: Math.max(record.failure?.until ?? 0, this.#now() + retryInMs) }
    this.#onChange(key)
  }

  remove(key: string, version: number): boolean {
    if (this.record(key).version > version) return false
    this.#bury(key, version)
    return true
  }

  /** Everything is gone. */
  flush(): void {
    this.records.clear()
  }

  /** A failover to a copy that missed the last change. */
  rollBack(): boolean {
    const last = this.#history.pop()
    if (last === undefined) return false
    this.records.set(last.key, last.record)
    return true
  }

  #bury(key: string, version: number): void {
    const record = this.#change(key)
    Object.assign(record, {
      token: undefined,
      version: this.#next(record, version),
      keepUntil: Number.POSITIVE_INFINITY,
      spent: false,
      failure: undefined,
    })
    this.#onChange(key)
  }

  /** A key begins at the time: after a flush that is above all that was there before. */
  #next({ version }: StoredRecord, ...known: readonly number[]): number {
    return Math.max(version > 0 ? version : Math.floor(this.#now()), ...known) + 1
  }

  /** The record, after what it was has been noted. */
  #change(key: string): StoredRecord {
    const record = this.record(key)
    this.#history.push({ key, record: { ...record } })
    return record
  }

  #owns(key: string, owner: number): boolean {
    const { lease } = this.record(key)
    return lease?.owner === owner && this.#now() < lease.until
  }

  #keepUntil(keepForMs: number | undefined): number {
    return keepForMs === undefined ? Number.POSITIVE_INFINITY : this.#now() + keepForMs
  }
}

function emptyRecord(): StoredRecord {
  return { version: 0, token: undefined, keepUntil: Number.POSITIVE_INFINITY, lease: undefined, spent: false, failure: undefined }
}
