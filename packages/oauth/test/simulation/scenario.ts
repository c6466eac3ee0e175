import type { InDoubtPolicy, StorageFailurePolicy } from '../../src/index.ts'

/** What is fixed for one run: everything else follows from the seed. */
export interface World {
  readonly processes: number
  /** Processes take the keys in turn. */
  readonly keys: number
  readonly storage: StorageKind
  readonly grant: GrantKind
  readonly rotation: RotationKind
  /** How long a rotated refresh token may still be used, in milliseconds. */
  readonly graceMs: number
  /** The server kills the previous token when it issues another. */
  readonly revokesPrevious: boolean
  /** 0: each token is for one use. */
  readonly lifetimeMs: number
  /** Whether the provider says that it cannot mint anew, or lets the manager find out. */
  readonly tellsCanFetch: boolean
  /** The longest one-way delays, in milliseconds. */
  readonly storageDelayMs: number
  readonly providerDelayMs: number
  /** How far each process's wall clock is ahead, in milliseconds. */
  readonly clockOffsetsMs: readonly number[]
  readonly renewAhead: boolean
  readonly onInDoubt: InDoubtPolicy | undefined
  readonly onStorageFailure: StorageFailurePolicy | undefined
  readonly durationMs: number
}

/** `atomic` has a coordinator, `plain` only gets, sets and deletes. */
export type StorageKind = 'atomic' | 'plain' | 'none'

/** `session`: a refresh token is all there is; `password`: sessions can be begun anew. */
export type GrantKind = 'client_credentials' | 'password' | 'session'

/** `alarm`: reuse kills the session; `omit`: the answer to a refresh leaves the refresh token out, as it stays the same. */
export type RotationKind = 'alarm' | 'static' | 'omit'

/** What somebody does with the manager of a process. */
export interface Operation {
  readonly id: number
  readonly at: number
  readonly process: number
  readonly kind: OperationKind
  /** So many callers at once, in milliseconds of one another. */
  readonly callers: number
  readonly spreadMs: number
  /** When the API answers, after the token was had. */
  readonly apiDelayMs: number
  /** The first caller stops waiting after so long. */
  readonly abortAfterMs?: number | undefined
}

/** `use` calls an API with the token and replaces it on a 401; `reject` replaces one that was had earlier. */
export type OperationKind = 'get' | 'peek' | 'use' | 'reject' | 'force' | 'invalidate' | 'revoke'

/** What goes wrong, and when. */
export type Fault =
  | ProviderFault
  | StorageFault
  | { readonly id: number; readonly kind: 'notices'; readonly at: number; readonly forMs: number }
  | { readonly id: number; readonly kind: 'api-rejects'; readonly at: number; readonly forMs: number }
  | { readonly id: number; readonly kind: 'revoke-tokens' | 'kill-session' | 'flush' | 'rollback'; readonly at: number }
  | {
      readonly id: number
      readonly kind: 'stall'
      readonly at: number
      readonly process: number
      readonly forMs: number
    }
  | { readonly id: number; readonly kind: 'jump'; readonly at: number; readonly process: number; readonly byMs: number }
  /** The next call of a holder that cannot wait, an extension of the lease or a commit, fails; the one after it does not. */
  | { readonly id: number; readonly kind: 'blip'; readonly at: number; readonly process: number }
  | CrashFault

/** The identity provider in trouble. */
export interface ProviderFault {
  readonly id: number
  readonly kind: 'provider'
  readonly mode: ProviderTrouble
  readonly at: number
  readonly forMs: number
  readonly retryAfterMs: number
  readonly delayMs: number
}

export type ProviderTrouble =
  | 'refuses'
  | 'unavailable'
  | 'limits'
  | 'invalid-client'
  | 'reset-before'
  | 'reset-after'
  | 'hangs'
  | 'slow'
  | 'junk'

/** The storage in trouble, for one process or all. */
export interface StorageFault {
  readonly id: number
  readonly kind: 'storage'
  readonly mode: 'hangs' | 'rejects' | 'rejects-after' | 'slow' | 'junk'
  readonly at: number
  readonly forMs: number
  readonly process: number | undefined
}

/** A process ends at its so-many-th call to storage or provider, or at a time; later it starts again. */
export interface CrashFault {
  readonly id: number
  readonly kind: 'crash'
  readonly process: number
  readonly at?: number | undefined
  readonly atCall?: number | undefined
  readonly stage: 'sent' | 'applied' | 'answered'
  readonly restartAfterMs: number
}

/** A world, what is done in it, and what goes wrong. */
export interface Scenario {
  readonly seed: number
  readonly world: World
  readonly operations: readonly Operation[]
  readonly faults: readonly Fault[]
}
