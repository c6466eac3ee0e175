import type { Clock, RetryStrategy } from '@requestforge/core'
import { CircuitOpenError, ConfigurationError } from '@requestforge/core/errors'
import { letGo } from './let-go.ts'
import { breakerOutcome, failureOf } from './operation-failure.ts'
import { checkMethods, checkNames, longestDelayMs } from './option-checks.ts'

/** How an operation is retried. */
export interface RetryOptions {
  readonly strategy: RetryStrategy
  /** Ends everything at once: the wait between attempts, and the wait for an operation, which is given the signal too. */
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
    const period = admit(strategy)
    let result: T
    try {
      result = await untilAborted(operation({ signal, retry }), signal)
    } catch (error) {
      letGo(strategy.breaker?.record(signal.aborted ? 'ignored' : breakerOutcome(error), period))
      signal.throwIfAborted()
      const delayMs = strategy.nextDelay(failureOf(error, retry, clock.monotonic() - startedAt))
      if (!isDelay(delayMs)) throw error
      await pause(delayMs, signal, clock)
      continue
    }
    // Not inside, where a breaker that throws would have what was done done again.
    letGo(strategy.breaker?.record('success', period))
    return result
  }
}

/** Gives the breaker's period, for the outcome. */
function admit({ breaker }: RetryStrategy): number | undefined {
  const retryAfterMs = breaker?.admit()
  if (retryAfterMs === undefined) return breaker?.period
  throw new CircuitOpenError('the circuit breaker is open: nothing was tried', { retryAfterMs })
}

/** The operation's outcome; an abort does not wait until the operation notices it. */
async function untilAborted<T>(outcome: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason)
    // The operation itself may have aborted it.
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([outcome, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** As the client takes it: what is no number of milliseconds that a timer can wait means giving up, and makes no storm. */
function isDelay(delayMs: unknown): delayMs is number {
  letGo(delayMs)
  return typeof delayMs === 'number' && delayMs >= 0 && delayMs <= longestDelayMs
}

function checkOptions(operation: unknown, options: RetryOptions): void {
  if (typeof operation !== 'function')
    throw new ConfigurationError('retry wants a function as its operation', { option: 'operation' })
  checkNames(options, ['strategy', 'signal', 'clock'])
  if (typeof options.strategy?.nextDelay !== 'function') {
    throw new ConfigurationError('strategy must be a retry strategy, with nextDelay()', { option: 'strategy' })
  }
  checkMethods('strategy.breaker', options.strategy.breaker, ['admit', 'record'], 'a circuit breaker')
  checkMethods('signal', options.signal, ['addEventListener', 'removeEventListener', 'throwIfAborted'], 'an AbortSignal')
  checkMethods('clock', options.clock, ['monotonic', 'setTimeout', 'clearTimeout'], 'a clock')
}

/** Waits, and ends at once with the signal's reason when that is aborted. */
function pause(delayMs: number, signal: AbortSignal, clock: RetryClock): Promise<void> {
  if (delayMs <= 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
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
