import type { FailedRequest } from './errors/http-client-error.ts'
import { checkMethods } from './option-checks.ts'

/** One failed attempt, classified by the client. */
export interface FailedAttempt {
  /** How many retries were made before this failure: 0 for the first send. */
  readonly retry: number
  /** Since the call began, in milliseconds. */
  readonly elapsedMs: number
  /** What was thrown; for a retryable status the error that the caller would get. */
  readonly error: unknown
  /** The error's stable code, such as `connection`, `timeout`, `http_503`. */
  readonly code?: string | undefined
  /** The response's status, where one arrived. */
  readonly status?: number | undefined
  /** Whether the failure is of a kind that may pass. */
  readonly retryable: boolean
  /** The server's `Retry-After`, in milliseconds from now. */
  readonly retryAfterMs?: number | undefined
  /** The request, without secrets. */
  readonly request?: FailedRequest | undefined
}

/** Decides about request retries: one question, so that "should I" and "how long" cannot disagree. */
export interface RetryStrategy {
  /** Milliseconds to wait before the next attempt, or undefined to give up, as anything else does that is no number from 0 to 2^31-1. */
  nextDelay(failure: FailedAttempt): number | undefined
  /** Asked before each send and told its outcome exactly once. */
  readonly breaker?: CircuitBreaker | undefined
}

/** Stops sends while a service is down. */
export interface CircuitBreaker {
  /** Undefined: send. A number: do not; a trial is let through in that many milliseconds. */
  admit(): number | undefined
  /** The outcome of an admitted send. `ignored` for aborts and anything that says nothing about the service. */
  record(outcome: 'success' | 'failure' | 'ignored', period?: number): void
  /** Which of its periods (closed, open, half-open, …) it is in. Read when a send is admitted and given back with its outcome, so that what comes late counts as no trial. */
  readonly period?: number | undefined
}

/** @throws ConfigurationError unless it, and its breaker if it has one, can be asked */
export function checkRetryStrategy(option: string, strategy: RetryStrategy, wants: string): void {
  checkMethods(option, strategy, ['nextDelay'], wants)
  if (strategy.breaker !== undefined)
    checkMethods(`${option}.breaker`, strategy.breaker, ['admit', 'record'], 'a circuit breaker, with admit() and record()')
}
