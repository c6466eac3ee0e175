import type { FailedAttempt, RetryStrategy } from '@requestforge/core'
import { type CircuitBreakerOptions, type CircuitState, FailureCountingBreaker } from './circuit-breaker.ts'
import { checkNames } from './option-checks.ts'
import {
  type ExponentialBackoffOptions,
  ExponentialBackoffRetryStrategy,
  exponentialBackoffNames,
} from './request-retry-strategies.ts'

/** Options of `CircuitBreakerRetryStrategy`: when it breaks, and how it retries while it does not. */
export interface CircuitBreakerRetryOptions extends CircuitBreakerOptions, ExponentialBackoffOptions {}

/**
 * Retries with exponential backoff, and stops sending while the service is down: 5xx, connection failures and time-outs count, 4xx and
 * aborts do not. Clients that are given the same object share the breaker.
 */
export class CircuitBreakerRetryStrategy implements RetryStrategy {
  readonly breaker: FailureCountingBreaker
  readonly #backoff: ExponentialBackoffRetryStrategy

  /** @throws ConfigurationError */
  constructor(options: CircuitBreakerRetryOptions = {}) {
    checkNames(options, ['failureThreshold', 'recoveryTimeoutMs', 'halfOpenMaxCalls', 'clock', ...exponentialBackoffNames])
    const { failureThreshold, recoveryTimeoutMs, halfOpenMaxCalls, clock, ...backoff } = options
    this.breaker = new FailureCountingBreaker({ failureThreshold, recoveryTimeoutMs, halfOpenMaxCalls, clock })
    this.#backoff = new ExponentialBackoffRetryStrategy(backoff)
  }

  /** The breaker's state, as of now. */
  get state(): CircuitState {
    return this.breaker.state
  }

  nextDelay(failure: FailedAttempt): number | undefined {
    return this.breaker.state === 'open' ? undefined : this.#backoff.nextDelay(failure)
  }
}
