import type { SimulatedProcess } from './simulated-process.ts'

/** What a caller asked of a manager. */
export type CallKind = 'getToken' | 'replaceToken' | 'forceRefresh' | 'invalidateToken' | 'revokeToken' | 'close'

/** One call to a manager, from its start to its end. */
export interface ManagerCall {
  readonly id: number
  readonly process: SimulatedProcess
  readonly kind: CallKind
  readonly startedAt: number
  /** How long the process had stood still before: that time does not count. */
  readonly stalledBeforeMs: number
  readonly rejected: string | undefined
  readonly abort: AbortController | undefined
  aborted: boolean
  /** What must be handed over at once; undefined if the call may have to wait. */
  readonly expected: string | undefined
  settled: boolean
}
