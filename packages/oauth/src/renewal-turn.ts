import type { RenewalFailure } from './renewal-failure.ts'
import type { TokenData } from './token-data.ts'
import type { StoredToken } from './token-storage.ts'

/** What a renewal wants before it asks the provider itself. */
export interface TurnRequest {
  /** True if a stored token is what the callers want, so that nobody needs to be asked. `minted`: others renewed since they asked. */
  wants(token: TokenData, minted: boolean): boolean
  /** Told of a stored token that was offered and not wanted. */
  declined(stored: StoredToken): void
  /** Forced: remembered failures do not count. */
  readonly ignoreFailure: boolean
  /** Aborted when nobody waits any more. */
  readonly stopSignal: AbortSignal
}

/** Somebody else's token, the failure that all share, or the turn. */
export type TurnAnswer =
  | { readonly kind: 'adopt'; readonly stored: StoredToken }
  | { readonly kind: 'refused'; readonly failure: RenewalFailure; readonly retryInMs?: number | undefined }
  | { readonly kind: 'turn'; readonly turn: RenewalTurn }

/** Whether a refresh token may be sent: `lost` means that somebody else has the turn now. */
export type SpendAnswer = 'marked' | 'lost' | 'unavailable'

/** What became of a new token in the storage. */
export type KeepAnswer =
  | { readonly kind: 'kept'; readonly version: number }
  /** Something newer stands there, or it was removed meanwhile. */
  | { readonly kind: 'superseded'; readonly stored: StoredToken | undefined }
  /** An invalidation has reached the storage. */
  | { readonly kind: 'forgotten' }
  /** Not stored: to be tried again in the background. */
  | ({ readonly kind: 'unsaved' } & Unsaved)

/** What the storage could not take. */
export interface Unsaved {
  retry(): Promise<KeepAnswer>
  /** The lease goes on for it: it is tried again without regard to pauses. */
  readonly isUrgent?: boolean | undefined
  /** It is not needed any more. */
  abandon?(): void
  /** Why, where the storage is no outage's victim but misconfigured: whoever waits has to hear of it. */
  readonly refusal?: unknown
}

/** How a turn ends without a token. */
export interface TurnEnd {
  /** The refresh token surely was not consumed. */
  readonly unspent: boolean
  readonly failure?: RenewalFailure | undefined
  readonly retryInMs?: number | undefined
  /** The stored token whose refresh token was sent twice in vain: whoever comes next must know. */
  readonly retriedInVain?: StoredToken | undefined
  /** The stored refresh token that is dead. It goes, unless another stands there. */
  readonly dead?: StoredToken | undefined
}

/**
 * - `good`: nothing newer is known of
 * - `doubtful`: the storage has nothing; it may have been removed, or the storage may have lost it
 * - `void`: it was removed, or replaced and removed
 */
export type MemoryWorth = 'good' | 'doubtful' | 'void'

/** The right to ask the provider. With a coordinator one process has it, else each process has its own. */
export interface RenewalTurn {
  /** What is stored now: the re-read under the lock. */
  readonly stored: StoredToken | undefined
  /** True when a refresh token was sent before and nobody told what became of it. */
  readonly inDoubt: boolean
  /** True when the storage cannot be asked. */
  readonly storageAway: boolean
  /** What the refresh token in memory is worth beside that. */
  readonly memory: MemoryWorth
  markSpent(): Promise<SpendAnswer>
  /** True when another refresh token than this one's stands in the storage, or a newer access token: somebody has renewed. */
  isRenewed(current: TokenData): Promise<boolean>
  keep(token: TokenData, keepForMs: number | undefined): Promise<KeepAnswer>
  end(outcome: TurnEnd): Promise<void>
  /** Takes back what was kept as `version`: it was invalidated meanwhile. */
  discard(version: number): Promise<void>
}

/** How turns are taken: one way for each kind of storage. */
export interface RenewalTurns {
  take(request: TurnRequest): Promise<TurnAnswer>
}
