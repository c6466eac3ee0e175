import type { Clock, FailedAttempt, RetryStrategy } from '@requestforge/core'
import { CircuitOpenError, ConfigurationError } from '@requestforge/core/errors'
import { checkNames } from './option-checks.ts'

/** How an operation is retried. */
export interface RetryOptions {
  readonly strategy: RetryStrategy
  /** Ends the wait between attempts at once, and is aborted for the operation too. */
  readonly signal?: AbortSignal | undefined
  /** @default the platform's */
  readonly clock?: Pick<Clock, 'monotonic' | 'setTimeout' | 'clearTimeout'> | undefined
}

/** What an operation is given. */
export interface RetryAttempt {
  readonly signal: AbortSignal
  /** 0 for the first attempt. */
  readonly retry: number
}

type RetryClock = NonNullable<RetryOptions['clock']>

const platformClock: RetryClock = {
  monotonic: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as Parameters<typeof clearTimeout>[0]),
}

/**
 * Runs `operation` until it succeeds or the strategy gives up; then its last error is thrown. Any error counts as one that may pass,
 * unless it says `retryable: false`.
 *
 * @throws the signal's own reason when that is aborted
 * @throws CircuitOpenError when the strategy's breaker is open
 * @example
 * const user = await retry(({ signal }) => loadUser(7, signal), { strategy: new ExponentialBackoffRetryStrategy() })
 */
export async function retry<T>(operation: (attempt: RetryAttempt) => Promise<T>, options: RetryOptions): Promise<T> {
  checkOptions(operation, options)
  const { strategy, clock = platformClock, signal = new AbortController().signal } = options
  const startedAt = clock.monotonic()
  for (let retry = 0; ; retry++) {
    signal.throwIfAborted()
    const remainingMs = strategy.breaker?.admit()
    if (remainingMs !== undefined)
      throw new CircuitOpenError('the circuit breaker is open: nothing was tried', { retryAfterMs: remainingMs })
    try {
      const result = await operation({ signal, retry })
      strategy.breaker?.record('success')
      return result
    } catch (error) {
      strategy.breaker?.record(signal.aborted ? 'ignored' : breakerOutcome(error))
      signal.throwIfAborted()
      const delayMs = strategy.nextDelay(failureOf(error, retry, clock.monotonic() - startedAt))
      if (delayMs === undefined) throw error
      await pause(delayMs, signal, clock)
    }
  }
}

function checkOptions(operation: unknown, options: RetryOptions): void {
  if (typeof operation !== 'function')
    throw new ConfigurationError('retry wants a function as its operation', { option: 'operation' })
  checkNames(options, ['strategy', 'signal', 'clock'])
  if (typeof options.strategy?.nextDelay !== 'function') {
    throw new ConfigurationError('strategy must be a retry strategy, with nextDelay()', { option: 'strategy' })
  }
}

/** What errors of the family, and others that look like them, say about themselves. */
interface Classified {
  readonly code?: unknown
  readonly status?: unknown
  readonly retryable?: unknown
  readonly retryAfterMs?: unknown
}

function failureOf(error: unknown, retry: number, elapsedMs: number): FailedAttempt {
  const said: Classified = typeof error === 'object' && error !== null ? error : {}
  return {
    retry,
    elapsedMs,
    error,
    code: typeof said.code === 'string' ? said.code : undefined,
    // A status that does not say it is final counts like any other error, so only what is known to be final is told as a status.
    status: typeof said.status === 'number' && typeof said.retryable === 'boolean' ? said.status : undefined,
    retryable: said.retryable !== false,
    retryAfterMs: typeof said.retryAfterMs === 'number' ? said.retryAfterMs : undefined,
  }
}

/** A 4xx says that the service is there. */
function breakerOutcome(error: unknown): 'failure' | 'success' {
  const status = (error as Classified | null | undefined)?.status
  return typeof status === 'number' && status >= 400 && status < 500 ? 'success' : 'failure'
}

/** Waits, and ends at once with the signal's reason when that is aborted. */
function pause(delayMs: number, signal: AbortSignal, clock: RetryClock): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clock.clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = clock.setTimeout(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    }, delayMs)
    signal.addEventListener('abort', abort, { once: true })
  })
}
