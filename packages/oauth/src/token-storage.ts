import type { TokenData } from './token-data.ts'

/** Where tokens are kept between renewals. `get`, `set` and `delete` are enough; `coordinator` makes renewals shared between processes. */
export interface TokenStorage {
  /** The stored token, expired or not, or undefined. */
  get(key: string): Promise<TokenData | undefined>
  /** Keeps `token` under `key`, for `keepForMs` at most where that is given. `expiresAt` is in the caller's clock. */
  set(key: string, token: TokenData, options?: { readonly keepForMs?: number | undefined }): Promise<void>
  /** Forgets the token. Forgetting what is not there is no error. */
  delete(key: string): Promise<void>
  /** All or nothing. Absent: single flight in this process only. */
  readonly coordinator?: RenewalCoordinator | undefined
}

/** A token with the version it was stored under. Versions of a key only grow. */
export interface StoredToken {
  readonly token: TokenData
  readonly version: number
}

/** Lets one of many processes renew, and hands its result to all others. */
export interface RenewalCoordinator {
  /** One atomic step: hand over what is newer than `newerThan`, or the failure that all share, or the lease. */
  claim(key: string, request: ClaimRequest): Promise<Claim>
  /** Forgets the token if its version is at most `version`; the version is kept and raised, so late commits lose. Tells the listeners. */
  remove(key: string, version: number): Promise<boolean>
  /** Notices may be lost or doubled: they are hints to claim again. Also called after a reconnect. Returns the unsubscriber. */
  subscribe(key: string, listener: () => void): () => void
}

/** What a claim asks for. */
export interface ClaimRequest {
  /** The version the caller holds and does not want any more; 0 when it holds none. */
  readonly newerThan: number
  /** How long the lease lasts unless extended. */
  readonly leaseMs: number
  /** Forced renewal: the remembered failure does not count. @default false */
  readonly ignoreFailure?: boolean | undefined
  /**
   * The caller sends no refresh token: it brings a token, or a failure, or only looks. So it need not wait where a storage that was away gives
   * the holder of an outstanding answer the time to bring it. @default false
   */
  readonly sendsNothing?: boolean | undefined
}

/** What a claim gives: a newer token, somebody else's lease, a shared failure, or the lease. */
export type Claim =
  | { readonly kind: 'stored'; readonly stored: StoredToken }
  | ({ readonly kind: 'busy'; readonly retryInMs: number } & MayBeUnreadable)
  | ({ readonly kind: 'failed'; readonly failure: SharedFailure; readonly retryInMs: number } & MayBeUnreadable)
  | { readonly kind: 'leased'; readonly lease: RenewalLease }

/** What a storage says of a value that it cannot read. */
export interface MayBeUnreadable {
  /**
   * True when a token stands there that cannot be read here, because it is corrupt, or encrypted with a key that only others have: no token for
   * the caller, and yet no removal. @default false
   */
  readonly unreadable?: boolean | undefined
}

/** The right, for a short time, to renew one token. */
export interface RenewalLease extends MayBeUnreadable {
  /** What was stored when the lease was taken: the re-read under the lock. Undefined too for what cannot be read. */
  readonly stored: StoredToken | undefined
  /** True when an earlier holder marked this version's refresh token spent and never told the outcome. */
  readonly inDoubt: boolean
  /** The version the key stands at, a removed token's included; 0 for a key never heard of. Absent where the storage cannot tell. */
  readonly version?: number | undefined
  /**
   * False: the lease is lost. One that has run out may be extended as long as nobody else has taken it. Asked for every third of a lease,
   * one that failed notwithstanding: what it rejects with is no error.
   */
  extend(leaseMs: number): Promise<boolean>
  /** Before a refresh token leaves the process. False: the lease is lost, or something newer was stored since it was taken: do not send. */
  markSpent(): Promise<boolean>
  /** Compare-and-set on the version, not on the lease. Clears spend mark and failure, ends the lease, tells the listeners. Repeating it is harmless. */
  commit(token: TokenData, options: { readonly keepForMs?: number | undefined }): Promise<CommitResult>
  /** Ends the lease if still owned. `unspent`: the refresh token surely was not consumed. */
  release(outcome?: ReleaseOutcome): Promise<void>
}

/** How a renewal without a token ended. */
export interface ReleaseOutcome {
  /** The refresh token surely was not consumed: the spend mark is cleared. */
  readonly unspent?: boolean | undefined
  /** Told to everybody who claims within `retryInMs`. */
  readonly failure?: SharedFailure | undefined
  readonly retryInMs?: number | undefined
  /** Only a look was taken: the listeners, of whom the holder may be one, need not be told. @default false */
  readonly quiet?: boolean | undefined
}

/** Whether a commit took, and if not, what stands there instead. */
export type CommitResult =
  | { readonly committed: true; readonly version: number }
  | ({ readonly committed: false; readonly stored: StoredToken | undefined } & MayBeUnreadable)

/** A failed renewal, as told to other processes. No secrets: this is written to a shared place. */
export interface SharedFailure {
  readonly message: string
  readonly retryable: boolean
  readonly oauthError?: string | undefined
  readonly oauthErrorDescription?: string | undefined
  readonly reauthentication?: 'refresh_rejected' | 'refresh_lost' | 'no_grant' | undefined
}
