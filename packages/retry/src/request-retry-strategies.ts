import type { FailedAttempt, RetryStrategy } from '@requestforge/core'
import { type Backoff, type BackoffOptions, backoffDelay, resolveBackoff } from './backoff.ts'
import { checkDuration, checkNames } from './option-checks.ts'
import { allowsRetry, obeyRetryAfter, type RetryRuleOptions, type RetryRules, resolveRules } from './retry-rules.ts'

/** Never retries. */
export class NoRetryStrategy implements RetryStrategy {
  nextDelay(_failure: FailedAttempt): undefined {
    return undefined
  }
}

/** Options of `SimpleRetryStrategy`. */
export interface SimpleRetryOptions extends RetryRuleOptions {
  /** Before each retry, in milliseconds. @default 1_000 */
  readonly delayMs?: number | undefined
  /** The longest `Retry-After` that is waited for, in milliseconds; a longer one ends the retries. @default 60_000 */
  readonly maxDelayMs?: number | undefined
}

/** Retries after the same delay each time. A `Retry-After` is obeyed up to `maxDelayMs`; one beyond that ends the retries. */
export class SimpleRetryStrategy implements RetryStrategy {
  readonly #rules: RetryRules
  readonly #delayMs: number
  readonly #maxDelayMs: number

  /** @throws ConfigurationError */
  constructor(options: SimpleRetryOptions = {}) {
    checkNames(options, ['maxRetries', 'delayMs', 'maxDelayMs', 'retryableStatusCodes', 'retryableErrors'])
    const { delayMs = 1_000, maxDelayMs = 60_000 } = options
    checkDuration('delayMs', delayMs)
    checkDuration('maxDelayMs', maxDelayMs)
    this.#rules = resolveRules(options)
    this.#delayMs = delayMs
    this.#maxDelayMs = maxDelayMs
  }

  nextDelay(failure: FailedAttempt): number | undefined {
    return allowsRetry(this.#rules, failure) ? obeyRetryAfter(this.#delayMs, failure, this.#maxDelayMs) : undefined
  }
}

/** Options of `ExponentialBackoffRetryStrategy`. */
export interface ExponentialBackoffOptions extends RetryRuleOptions, BackoffOptions {}

/** Retries after delays that grow, spread by jitter. A `Retry-After` is obeyed up to `maxDelayMs`; one beyond that ends the retries. */
export class ExponentialBackoffRetryStrategy implements RetryStrategy {
  readonly #rules: RetryRules
  readonly #backoff: Backoff

  /** @throws ConfigurationError */
  constructor(options: ExponentialBackoffOptions = {}) {
    checkNames(options, exponentialBackoffNames)
    this.#rules = resolveRules(options)
    this.#backoff = resolveBackoff(options, { baseDelayMs: 1_000, maxDelayMs: 60_000 })
  }

  nextDelay(failure: FailedAttempt): number | undefined {
    if (!allowsRetry(this.#rules, failure)) return undefined
    return obeyRetryAfter(backoffDelay(this.#backoff, failure.retry), failure, this.#backoff.maxDelayMs)
  }
}

/** The names of `ExponentialBackoffOptions`. */
export const exponentialBackoffNames: readonly (keyof ExponentialBackoffOptions)[] = [
  'maxRetries',
  'baseDelayMs',
  'maxDelayMs',
  'multiplier',
  'jitter',
  'random',
  'retryableStatusCodes',
  'retryableErrors',
]
