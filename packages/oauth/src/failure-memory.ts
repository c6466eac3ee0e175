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
  readonly attempts: number
  readonly nextTryAt: number
  /** Until then not even the storage is asked whether somebody else has succeeded. */
  readonly recheckAt: number
}

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
  const attempts = (previous?.attempts ?? 0) + (sameMarker ? 0 : (moment.tries ?? 1))
  // A forced attempt that fails too does not shorten the pause that it ignored.
  const ownTryAt = Math.max(nextTry(failure, attempts, moment), previous?.nextTryAt ?? 0)
  const nextTryAt = moment.sharedRetryInMs === undefined ? ownTryAt : now + moment.sharedRetryInMs
  const recheckAt = moment.hasStorage ? Math.min(nextTryAt, now + pollDelayMs(moment.random)) : nextTryAt
  return { failure, attempts, nextTryAt, recheckAt }
}

/** 500 ms ± 20 %. */
export function pollDelayMs(random: () => number): number {
  return pollMs * (1 + pollJitterShare * (2 * random() - 1))
}

/** Full jitter: uniform from 0 to 250 ms · 2^(attempt-1), at most 30 s. */
export function transientDelayMs(attempt: number, random: () => number): number {
  return random() * doubled(transientBackoffMs, attempt, transientBackoffLimitMs)
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
      return now + Math.max(0, failure.retryAfterMs ?? 0)
    case 'configuration':
    case 'storage':
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
