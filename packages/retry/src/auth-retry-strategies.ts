import type { AuthRetryStrategy, RejectedAttempt } from '@requestforge/core'
import { ConfigurationError } from '@requestforge/core/errors'
import { type Backoff, type BackoffOptions, backoffDelay, resolveBackoff } from './backoff.ts'
import { letGo } from './let-go.ts'
import { checkCount, checkDuration, checkNames, checkStatuses, shown } from './option-checks.ts'

/** What counts as a rejected token, and how often it is replaced. */
export interface AuthRetryOptions {
  /** How often a token is replaced for one request. */
  readonly maxRetries?: number | undefined
  /** @default [401] */
  readonly authErrorCodes?: readonly number[] | undefined
}

interface AuthRules {
  readonly maxRetries: number
  readonly statuses: ReadonlySet<number>
}

function resolveAuthRules(options: AuthRetryOptions, defaultMaxRetries: number): AuthRules {
  const { maxRetries = defaultMaxRetries, authErrorCodes = [401] } = options
  checkCount('maxRetries', maxRetries)
  checkStatuses('authErrorCodes', authErrorCodes)
  if (authErrorCodes.some((status) => status < 400 || status > 499))
    throw new ConfigurationError('authErrorCodes must hold 4xx statuses: no others reject a token', { option: 'authErrorCodes' })
  return { maxRetries, statuses: new Set(authErrorCodes) }
}

function allows({ maxRetries, statuses }: AuthRules, { retry, status }: RejectedAttempt): boolean {
  return retry < maxRetries && statuses.has(status)
}

/** Lets every rejection stand. */
export class NoAuthRetryStrategy implements AuthRetryStrategy {
  nextDelay(_rejection: RejectedAttempt): undefined {
    return undefined
  }
}

/** Options of `SimpleAuthRetryStrategy`. */
export interface SimpleAuthRetryOptions extends AuthRetryOptions {
  /** How often a token is replaced for one request. @default 1 */
  readonly maxRetries?: number | undefined
  /** Before the token is replaced, in milliseconds. @default 0 */
  readonly delayMs?: number | undefined
}

/** Replaces a rejected token after the same delay each time. */
export class SimpleAuthRetryStrategy implements AuthRetryStrategy {
  readonly #rules: AuthRules
  readonly #delayMs: number

  /** @throws ConfigurationError */
  constructor(options: SimpleAuthRetryOptions = {}) {
    checkNames(options, ['maxRetries', 'delayMs', 'authErrorCodes'])
    const { delayMs = 0 } = options
    checkDuration('delayMs', delayMs)
    this.#rules = resolveAuthRules(options, 1)
    this.#delayMs = delayMs
  }

  nextDelay(rejection: RejectedAttempt): number | undefined {
    return allows(this.#rules, rejection) ? this.#delayMs : undefined
  }
}

/** Options of `ExponentialAuthRetryStrategy`. */
export interface ExponentialAuthRetryOptions extends AuthRetryOptions, BackoffOptions {
  /** How often a token is replaced for one request. @default 2 */
  readonly maxRetries?: number | undefined
  /** @default 500 */
  readonly baseDelayMs?: number | undefined
  /** @default 5_000 */
  readonly maxDelayMs?: number | undefined
}

/** Replaces a rejected token after delays that grow, spread by jitter: for APIs that need a moment to learn of a new token. */
export class ExponentialAuthRetryStrategy implements AuthRetryStrategy {
  readonly #rules: AuthRules
  readonly #backoff: Backoff

  /** @throws ConfigurationError */
  constructor(options: ExponentialAuthRetryOptions = {}) {
    checkNames(options, ['maxRetries', 'baseDelayMs', 'maxDelayMs', 'multiplier', 'jitter', 'random', 'authErrorCodes'])
    this.#rules = resolveAuthRules(options, 2)
    this.#backoff = resolveBackoff(options, { baseDelayMs: 500, maxDelayMs: 5_000 })
  }

  nextDelay(rejection: RejectedAttempt): number | undefined {
    return allows(this.#rules, rejection) ? backoffDelay(this.#backoff, rejection.retry) : undefined
  }
}

/** Options of `ConditionalAuthRetryStrategy`. */
export interface ConditionalAuthRetryOptions {
  /** Whether this answer means that the token is no good: any status from 400 to 499, with headers and parsed body at hand. */
  readonly shouldRetry: (rejection: RejectedAttempt) => boolean
  /** @default 1 */
  readonly maxRetries?: number | undefined
  /** Before the token is replaced, in milliseconds. @default 0 */
  readonly delayMs?: number | undefined
}

/** Replaces the token when your own condition says so, such as a 400 whose body says `token_expired`. */
export class ConditionalAuthRetryStrategy implements AuthRetryStrategy {
  readonly #shouldRetry: (rejection: RejectedAttempt) => boolean
  readonly #maxRetries: number
  readonly #delayMs: number

  /** @throws ConfigurationError */
  constructor(options: ConditionalAuthRetryOptions) {
    checkNames(options, ['shouldRetry', 'maxRetries', 'delayMs'])
    const { shouldRetry, maxRetries = 1, delayMs = 0 } = options
    if (typeof shouldRetry !== 'function') {
      throw new ConfigurationError(`shouldRetry must be a function (got ${shown(shouldRetry)})`, { option: 'shouldRetry' })
    }
    checkCount('maxRetries', maxRetries)
    checkDuration('delayMs', delayMs)
    this.#shouldRetry = shouldRetry
    this.#maxRetries = maxRetries
    this.#delayMs = delayMs
  }

  nextDelay(rejection: RejectedAttempt): number | undefined {
    if (rejection.retry >= this.#maxRetries) return undefined
    const answer: unknown = this.#shouldRetry(rejection)
    letGo(answer)
    return answer === true ? this.#delayMs : undefined
  }
}
