import type { RenewalReason } from '../../src/index.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** An access token as the world knows it. Times are true ones, in milliseconds since the world began. */
export interface IssuedToken {
  readonly value: string
  readonly key: number
  readonly lifetimeMs: number
  readonly issuedAt: number
  /** Undefined for what a login left in the storage before the world began. */
  readonly request: TokenRequest | undefined
  refresh: IssuedRefresh | undefined
  session: Session | undefined
  receivedAt: number | undefined
  revokedAt: number | undefined
  /** When the storage first had it. */
  appliedAt: number | undefined
}

/** A refresh token as the world knows it. */
export interface IssuedRefresh {
  readonly value: string
  readonly session: Session
  /** Counts the rotations of its session. */
  readonly generation: number
  /** The access token that came with it last. */
  access: IssuedToken
  spentAt: number | undefined
  appliedAt: number | undefined
  readonly presentations: TokenRequest[]
}

/** What a login began: a chain of refresh tokens. */
export interface Session {
  readonly id: number
  readonly key: number
  alive: boolean
  current: IssuedRefresh | undefined
}

/** One request to the token endpoint. */
export interface TokenRequest {
  readonly id: number
  readonly process: SimulatedProcess
  readonly key: number
  readonly refresh: IssuedRefresh | undefined
  readonly reason: RenewalReason | undefined
  readonly flightStartedAt: number
  /** Of the flight before, which this request may belong to. */
  readonly previousFlightStartedAt: number
  readonly at: number
  endedAt: number | undefined
  outcome: RequestOutcome
}

/** `unsent` and `refused` consume nothing; `lost` may have. */
export type RequestOutcome = 'pending' | 'unsent' | 'refused' | 'rejected' | 'lost' | 'success'

/** The truth about all tokens: what the simulated processes cannot see, and the invariants are checked with. */
export class Ledger {
  readonly tokens: Map<string, IssuedToken> = new Map()
  readonly refreshes: Map<string, IssuedRefresh> = new Map()
  readonly sessions: Session[] = []
  readonly requests: TokenRequest[] = []
  /** Requests that their process still waits for. */
  readonly pending: Set<TokenRequest> = new Set()
  /** When an invalidation last reached the storage, or a process without one; by key. */
  readonly invalidatedAt: Map<number, number> = new Map()
  /** When a revocation last began or ended; by key. */
  readonly revokedAt: Map<number, number> = new Map()
  /** Keys whose token somebody wanted forgotten, ever. */
  readonly isForgotten: Set<number> = new Set()
  /** When the storage last lost something by itself. */
  dataLostAt: number = Number.NEGATIVE_INFINITY
  /** Why a session may have been lost without anybody's fault; by key. */
  readonly lossCauses: Map<number, string> = new Map()

  /** When the token of a key was last forgotten, or may have been. */
  takenBackAt(key: number): number {
    return Math.max(this.invalidatedAt.get(key) ?? Number.NEGATIVE_INFINITY, this.revokedAt.get(key) ?? Number.NEGATIVE_INFINITY)
  }

  token(value: string | undefined): IssuedToken | undefined {
    return value === undefined ? undefined : this.tokens.get(value)
  }

  refresh(value: string | undefined): IssuedRefresh | undefined {
    return value === undefined ? undefined : this.refreshes.get(value)
  }

  excuseLoss(key: number, cause: string): void {
    if (!this.lossCauses.has(key)) this.lossCauses.set(key, cause)
  }
}

/** How long before its end a token counts as expired. */
function skewOf(lifetimeMs: number): number {
  return Math.min(30_000, lifetimeMs * 0.1)
}

/** When a process that knows all there is to know stops using it. */
export function usableUntil(token: IssuedToken): number {
  return (token.receivedAt ?? token.issuedAt) + token.lifetimeMs - skewOf(token.lifetimeMs)
}

/** Presented once with an outcome that may have spent it. */
export function mayHaveSpent(request: TokenRequest): boolean {
  return request.outcome !== 'unsent' && request.outcome !== 'refused'
}
