import { CircuitOpenError } from '@requestforge/core/errors'
import { describe, expect, it, vi } from 'vitest'
import { CircuitBreakerRetryStrategy, ExponentialBackoffRetryStrategy, retry, SimpleRetryStrategy } from '../src/index.ts'

/** A clock whose timers fire as soon as the operation has failed, and which remembers the waits. */
function instantClock() {
  const waits: number[] = []
  const setTimeout = (callback: () => void, delayMs: number): unknown => {
    waits.push(delayMs)
    queueMicrotask(callback)
    return undefined
  }
  return { waits, monotonic: () => waits.reduce((sum, wait) => sum + wait, 0), setTimeout, clearTimeout: () => undefined }
}

function failingTimes(times: number, error: unknown = new Error('not yet')) {
  let calls = 0
  return vi.fn(async () => {
    if (calls++ < times) throw error
    return calls
  })
}

describe('retry', () => {
  it('gives the first result, and counts the retries for the operation', async () => {
    const clock = instantClock()
    const operation = failingTimes(2)
    expect(await retry(operation, { strategy: new SimpleRetryStrategy({ delayMs: 10 }), clock })).toBe(3)
    expect(operation.mock.calls.map((call) => (call as unknown as [{ retry: number }])[0].retry)).toEqual([0, 1, 2])
    expect(clock.waits).toEqual([10, 10])
  })

  it('throws the last error when the strategy gives up', async () => {
    const error = new Error('for good')
    const strategy = new SimpleRetryStrategy({ maxRetries: 1, delayMs: 1 })
    await expect(retry(failingTimes(9, error), { strategy, clock: instantClock() })).rejects.toBe(error)
  })

  it('does not retry an error that says retryable: false', async () => {
    const operation = failingTimes(9, Object.assign(new Error('no'), { retryable: false }))
    await expect(retry(operation, { strategy: new ExponentialBackoffRetryStrategy(), clock: instantClock() })).rejects.toThrow(
      'no',
    )
    expect(operation).toHaveBeenCalledTimes(1)
  })

  it('retries an error with a status unless it says that it is final', async () => {
    const operation = failingTimes(1, Object.assign(new Error('odd'), { status: 418 }))
    expect(await retry(operation, { strategy: new ExponentialBackoffRetryStrategy(), clock: instantClock() })).toBe(2)
  })

  it("an abort ends the wait at once with the signal's reason, and clears the timer", async () => {
    const controller = new AbortController()
    const cleared: unknown[] = []
    const clock = { monotonic: () => 0, setTimeout: () => 'timer', clearTimeout: (handle: unknown) => void cleared.push(handle) }
    const operation = failingTimes(9)
    const result = retry(operation, { strategy: new SimpleRetryStrategy({ delayMs: 60_000 }), signal: controller.signal, clock })
    await vi.waitFor(() => expect(operation).toHaveBeenCalled())
    await Promise.resolve()
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(result).rejects.toBe(reason)
    expect(cleared).toEqual(['timer'])
    expect(operation).toHaveBeenCalledTimes(1)
  })

  it('an aborted signal means that nothing is tried', async () => {
    const operation = failingTimes(0)
    await expect(retry(operation, { strategy: new SimpleRetryStrategy(), signal: AbortSignal.abort('no') })).rejects.toBe('no')
    expect(operation).not.toHaveBeenCalled()
  })

  it('an open breaker stops the operation from being tried', async () => {
    const strategy = new CircuitBreakerRetryStrategy({ failureThreshold: 1, maxRetries: 0 })
    const operation = failingTimes(9)
    await expect(retry(operation, { strategy, clock: instantClock() })).rejects.toThrow('not yet')
    await expect(retry(operation, { strategy, clock: instantClock() })).rejects.toBeInstanceOf(CircuitOpenError)
    expect(operation).toHaveBeenCalledTimes(1)
  })

  it('names a missing strategy', async () => {
    await expect(retry(async () => 1, {} as never)).rejects.toThrow(/strategy/)
  })
})
