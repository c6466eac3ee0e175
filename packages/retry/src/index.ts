export * from './auth-retry-strategies.ts'
export type { BackoffOptions } from './backoff.ts'
export * from './circuit-breaker.ts'
export * from './circuit-breaker-retry-strategy.ts'
export {
  type ExponentialBackoffOptions,
  ExponentialBackoffRetryStrategy,
  NoRetryStrategy,
  type SimpleRetryOptions,
  SimpleRetryStrategy,
} from './request-retry-strategies.ts'
export * from './retry.ts'
export type { RetryableError, RetryRuleOptions } from './retry-rules.ts'
