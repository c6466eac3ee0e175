import { AuthenticationError, CircuitOpenError } from '@requestforge/core/errors'
import fc from 'fast-check'
import { describe, expect, it, test, vi } from 'vitest'
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
    const setTimer = vi.fn(() => 'timer')
    const clock = { monotonic: () => 0, setTimeout: setTimer, clearTimeout: (handle: unknown) => void cleared.push(handle) }
    const operation = failingTimes(9)
    const result = retry(operation, { strategy: new SimpleRetryStrategy({ delayMs: 60_000 }), signal: controller.signal, clock })
    await expect.poll(() => setTimer).toHaveBeenCalled()
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

  it('an abort does not wait for an operation that pays it no heed, and leaves no listener', async () => {
    const controller = new AbortController()
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    const added = vi.spyOn(controller.signal, 'addEventListener')
    const record = vi.fn()
    const strategy = { nextDelay: () => 0, breaker: { admit: () => undefined, record } }
    const result = retry(() => new Promise<never>(() => undefined), { strategy, signal: controller.signal })
    controller.abort('enough')
    await expect(result).rejects.toBe('enough')
    expect(record.mock.calls).toEqual([['ignored', undefined]])
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length)
  })

  it('what succeeded is not done again for a breaker that throws when it is told', async () => {
    let calls = 0
    const outcomes: string[] = []
    const record = (outcome: string): void => {
      outcomes.push(outcome)
      throw new Error('not counted')
    }
    const strategy = { nextDelay: () => 0, breaker: { admit: () => undefined, record } }
    await expect(retry(async () => ++calls, { strategy })).rejects.toThrow('not counted')
    expect({ calls, outcomes }).toEqual({ calls: 1, outcomes: ['success'] })
  })

  it('a breaker is told each outcome exactly once, and nothing where nothing was tried', async () => {
    const outcome = fc.constantFrom('ok' as const, 'fails' as const, 404 as const, 503 as const, 'unauthenticated' as const)
    await fc.assert(
      fc.asyncProperty(fc.array(outcome, { minLength: 1, maxLength: 8 }), async (outcomes) => {
        const record = vi.fn()
        const admit = vi.fn(() => undefined)
        const errors = {
          fails: new Error('no'),
          unauthenticated: new AuthenticationError('no token'),
          404: { status: 404 },
          503: { status: 503 },
        }
        const told = { ok: 'success', fails: 'failure', unauthenticated: 'ignored', 404: 'success', 503: 'failure' }
        const operation = async ({ retry: index }: { readonly retry: number }) => {
          const now = outcomes[index] ?? 'ok'
          if (now !== 'ok') throw errors[now]
        }
        await retry(operation, { strategy: { nextDelay: () => 0, breaker: { admit, record } } })
        const reached = outcomes.includes('ok') ? outcomes.slice(0, outcomes.indexOf('ok') + 1) : [...outcomes, 'ok' as const]
        expect(record.mock.calls.map(([value]) => value)).toEqual(reached.map((now) => told[now]))
        expect(admit).toHaveBeenCalledTimes(reached.length)
      }),
      { numRuns: 50 },
    )
  })

  it('a delay of 0 sets no timer', async () => {
    const clock = instantClock()
    await retry(failingTimes(3), { strategy: { nextDelay: () => 0 }, clock })
    expect(clock.waits).toEqual([])
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, -1, null, '5'])(
    'takes %s of a strategy for giving up, as the client does',
    async (delayMs) => {
      const operation = failingTimes(1, new Error('down'))
      const strategy = { nextDelay: () => delayMs as number }
      await expect(retry(operation, { strategy, clock: instantClock() })).rejects.toThrow('down')
      expect(operation).toHaveBeenCalledTimes(1)
    },
  )

  it('does not retry an AuthenticationError that is not listed', async () => {
    const operation = failingTimes(1, new AuthenticationError('down', { retryable: true }))
    await expect(retry(operation, { strategy: new SimpleRetryStrategy({ delayMs: 0 }) })).rejects.toThrow('down')
    expect(operation).toHaveBeenCalledTimes(1)
  })

  it('names a missing strategy', async () => {
    await expect(retry(async () => 1, {} as never)).rejects.toThrow(/strategy/)
  })
})

describe('an abort that nobody waits for yet', () => {
  test('by the operation itself ends it at once', async () => {
    const controller = new AbortController()
    const operation = (): Promise<never> => {
      controller.abort(new Error('enough'))
      return new Promise(() => undefined)
    }
    const strategy = { nextDelay: () => 0 }
    await expect(retry(operation, { strategy, signal: controller.signal })).rejects.toThrow('enough')
  })

  test('by the strategy ends the wait that it asks for', async () => {
    const controller = new AbortController()
    const strategy = {
      nextDelay: () => {
        controller.abort(new Error('enough'))
        return 60_000
      },
    }
    const operation = () => Promise.reject(new Error('failed'))
    await expect(retry(operation, { strategy, signal: controller.signal })).rejects.toThrow('enough')
  })
})

test.each([
  ['signal', { signal: null }],
  ['signal', { signal: {} }],
  ['clock', { clock: {} }],
])('an option `%s` that is none is named', async (option, wrong) => {
  const options = { strategy: { nextDelay: () => undefined }, ...(wrong as object) }
  await expect(retry(async () => 1, options)).rejects.toMatchObject({ code: 'configuration', option })
})

test.each([{}, { admit: () => undefined }, null, 'open'])('a breaker that cannot be asked is named: %j', async (breaker) => {
  const strategy = { nextDelay: () => undefined, breaker: breaker as never }
  const refused = { code: 'configuration', option: 'strategy.breaker' }
  await expect(retry(async () => 1, { strategy })).rejects.toMatchObject(refused)
})

test('a Retry-After that is no number does not take the place of the error', async () => {
  const error = Object.assign(new Error('down'), { retryAfterMs: Number.NaN })
  const strategy = new SimpleRetryStrategy({ maxRetries: 1, delayMs: 0 })
  await expect(retry(() => Promise.reject(error), { strategy })).rejects.toBe(error)
})

test('an error that refuses to tell about itself is thrown as it is, and its breaker is told of it', async () => {
  const record = vi.fn()
  const refuse = (): never => {
    throw new Error('nothing is to be asked of it')
  }
  const error = Object.defineProperty(new Error('mine'), 'code', { get: refuse })
  const strategy = { nextDelay: () => undefined, breaker: { admit: () => undefined, record } }
  await expect(retry(failingTimes(9, error), { strategy })).rejects.toBe(error)
  expect(record.mock.calls).toEqual([['failure', undefined]])
})

test('an error that refuses to tell its class is thrown as it is by a strategy that lists classes', async () => {
  const { proxy: error, revoke } = Proxy.revocable({}, {})
  revoke()
  const strategy = new SimpleRetryStrategy({ maxRetries: 1, delayMs: 0, retryableErrors: [TypeError] })
  const thrown = await retry(() => Promise.reject(error), { strategy }).catch((reason: unknown) => ({ reason }))
  expect(Object.is(Reflect.get(thrown as object, 'reason'), error)).toBe(true)
})
