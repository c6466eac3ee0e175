import type { FailedAttempt } from '@requestforge/core'
import { ConfigurationError } from '@requestforge/core/errors'
import { checkCount, checkStatuses } from './option-checks.ts'

/** A class of errors, or the stable `code` of one (`connection`, `timeout`, …). */
export type RetryableError = string | (abstract new (...args: never) => Error)

/** What is retried at all. */
export interface RetryRuleOptions {
  /** How often to try again after the first failure. @default 3 */
  readonly maxRetries?: number | undefined
  /** @default [408, 429, 500, 502, 503, 504] */
  readonly retryableStatusCodes?: readonly number[] | undefined
  /** Classes or codes of errors to retry, instead of those that say `retryable`. @default those that say so; never AuthenticationError */
  readonly retryableErrors?: readonly RetryableError[] | undefined
}

/** The rules with every default in place. */
export interface RetryRules {
  readonly maxRetries: number
  readonly statuses: ReadonlySet<number>
  readonly errors: readonly RetryableError[] | undefined
}

const defaultStatuses: readonly number[] = [408, 429, 500, 502, 503, 504]
const authenticationCodes: ReadonlySet<string | undefined> = new Set(['authentication', 'reauthentication_required'])

/** @throws ConfigurationError that names the option */
export function resolveRules({
  maxRetries = 3,
  retryableStatusCodes = defaultStatuses,
  retryableErrors,
}: RetryRuleOptions): RetryRules {
  checkCount('maxRetries', maxRetries)
  checkStatuses('retryableStatusCodes', retryableStatusCodes)
  if (retryableErrors !== undefined && !(Array.isArray(retryableErrors) && retryableErrors.every(isRetryableError))) {
    const option = 'retryableErrors'
    throw new ConfigurationError(`${option} must be an array of error classes or codes, no predicates`, { option })
  }
  return { maxRetries, statuses: new Set(retryableStatusCodes), errors: retryableErrors }
}

/** An arrow function is no class: `instanceof` would throw, in place of the error that is asked about. */
function isRetryableError(listed: unknown): boolean {
  if (typeof listed === 'string') return true
  return typeof listed === 'function' && typeof listed.prototype === 'object' && listed.prototype !== null
}

/** Whether the failure is of a kind that is retried, and not one too many. */
export function allowsRetry(rules: RetryRules, failure: FailedAttempt): boolean {
  if (failure.retry >= rules.maxRetries) return false
  if (rules.errors?.some((listed) => isListed(listed, failure))) return true
  if (failure.status !== undefined) return rules.statuses.has(failure.status)
  return rules.errors === undefined && failure.retryable && !authenticationCodes.has(failure.code)
}

function isListed(listed: RetryableError, { error, code }: FailedAttempt): boolean {
  if (typeof listed === 'string') return listed === code
  try {
    return error instanceof listed
  } catch {
    // What refuses to tell its class is of none; it must not be hidden by that.
    return false
  }
}

/**
 * The delay, or the server's `Retry-After` where that is longer, or says "at once"; undefined if it is more than `maxDelayMs`, however
 * long the own delay is: what comes earlier than it was told to is refused anyway.
 */
export function obeyRetryAfter(delayMs: number, { retryAfterMs }: FailedAttempt, maxDelayMs: number): number | undefined {
  // Errors of the user's own may say anything: no number asks for nothing, and "never" is beyond every limit.
  if (retryAfterMs === undefined || Number.isNaN(retryAfterMs)) return delayMs
  if (retryAfterMs === 0) return 0
  return retryAfterMs > maxDelayMs ? undefined : Math.max(delayMs, retryAfterMs)
}
