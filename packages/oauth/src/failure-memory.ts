import type { FailureClass } from './failure-class.ts'
import {
  permanentBackoffLimitMs,
  permanentBackoffMs,
  pollJitterShare,
  pollMs,
  retryAfterLimitMs,
  transientBackoffLimitMs,
  transientBackoffMs,
} from './renewal-constants.ts'
import type { RenewalFailure } from './renewal-failure.ts'

/** The last failure in a row: until `nextTryAt` nobody asks the provider again. Times are monotonic. */
export interface RememberedFailure {
  readonly failure: RenewalFailure
  /** How many in a row, of whatever class. */
  readonly attempts: number
  /** The pauses that double now, and how many failures in a row they come from. */
  readonly streak: { readonly pauses: Pauses; readonly count: number } | undefined
  readonly nextTryAt: number
  /** Until then not even the storage is asked whether somebody else has succeeded. */
  readonly recheckAt: number
}

/** How the pauses grow: from seconds where nothing will pass by itself, else from a quarter of one. */
type Pauses = 'permanent' | 'transient'

/** When a failure happened, and what came before. */
export interface FailureMoment {
  readonly previous: RememberedFailure | undefined
  readonly startedAt: number
  readonly now: number
  readonly random: () => number
  /** True when a storage may know better before `nextTryAt`. */
  readonly hasStorage: boolean
  /** How many requests failed in this renewal. @default 1 */
  readonly tries?: number | undefined
  /** What others were told, or told us, in milliseconds from now: it wins. */
  readonly sharedRetryInMs?: number | undefined
}

/** Remembers a failure by its class. */
export function rememberFailure(failure: RenewalFailure, moment: FailureMoment): RememberedFailure {
  const { previous, now } = moment
  // A marker seen twice is one failure.
  const sameMarker = failure.shared === true && previous !== undefined && now < previous.nextTryAt
  const tries = sameMarker ? 0 : (moment.tries ?? 1)
  const attempts = (previous?.attempts ?? 0) + tries
  const streak = goOn(previous?.streak, pausesOf(failure.kind), tries)
  // A forced attempt that fails too does not shorten the pause that it ignored.
  const ownTryAt = Math.max(nextTry(failure, Math.max(1, streak?.count ?? 1), moment), previous?.nextTryAt ?? 0)
  const nextTryAt = moment.sharedRetryInMs === undefined ? ownTryAt : now + moment.sharedRetryInMs
  const recheckAt = moment.hasStorage ? Math.min(nextTryAt, now + pollDelayMs(moment.random)) : nextTryAt
  return { failure, attempts, streak, nextTryAt, recheckAt }
}

/** 500 ms ± 20 %. */
export function pollDelayMs(random: () => number): number {
  return pollMs * (1 + pollJitterShare * (2 * random() - 1))
}

/** Full jitter: uniform from 0 to 250 ms · 2^(attempt-1), at most 30 s. */
export function transientDelayMs(attempt: number, random: () => number): number {
  return random() * doubled(transientBackoffMs, attempt, transientBackoffLimitMs)
}

/** What a server said before, of another kind, makes no pause longer. */
function goOn(before: RememberedFailure['streak'], pauses: Pauses | undefined, tries: number): RememberedFailure['streak'] {
  if (pauses === undefined) return before
  return { pauses, count: (before?.pauses === pauses ? before.count : 0) + tries }
}

function pausesOf(kind: FailureClass): Pauses | undefined {
  switch (kind) {
    case 'permanent':
    case 'rejected':
    case 'reauthentication':
      return 'permanent'
    case 'postponed':
    case 'configuration':
    case 'storage':
    case 'closed':
      return undefined
    default:
      return 'transient'
  }
}

function nextTry(failure: RenewalFailure, attempts: number, moment: FailureMoment): number {
  const { now, startedAt, random } = moment
  switch (failure.kind) {
    case 'permanent':
    case 'rejected':
    case 'reauthentication':
      return now + doubled(permanentBackoffMs, attempts, permanentBackoffLimitMs)
    case 'timeout':
    case 'lost':
      // Waiting for an answer was a pause already.
      return Math.max(now, startedAt + transientDelayMs(attempts, random))
    case 'postponed':
    case 'storage':
      return now + Math.max(0, failure.retryAfterMs ?? 0)
    case 'configuration':
    case 'closed':
      return now
    default:
      return now + (serverDelayMs(failure.retryAfterMs) ?? transientDelayMs(attempts, random))
  }
}

/** `Retry-After`, up to 5 minutes; 0 and nonsense count as not told. */
function serverDelayMs(retryAfterMs: number | undefined): number | undefined {
  return retryAfterMs !== undefined && retryAfterMs > 0 ? Math.min(retryAfterMs, retryAfterLimitMs) : undefined
}

function doubled(fromMs: number, attempt: number, limitMs: number): number {
  return Math.min(limitMs, fromMs * 2 ** Math.min(attempt - 1, 30))
}
