import { describe, expect, it } from 'vitest'
import {
  ConditionalAuthRetryStrategy,
  ExponentialAuthRetryStrategy,
  NoAuthRetryStrategy,
  SimpleAuthRetryStrategy,
} from '../src/index.ts'
import { rejection } from './failures.ts'

describe('auth retry strategies', () => {
  it('NoAuthRetryStrategy lets a rejection stand', () => {
    expect(new NoAuthRetryStrategy().nextDelay(rejection())).toBeUndefined()
  })

  it('SimpleAuthRetryStrategy retries a 401 once without delay by default', () => {
    const strategy = new SimpleAuthRetryStrategy()
    expect(strategy.nextDelay(rejection())).toBe(0)
    expect(strategy.nextDelay(rejection({ retry: 1 }))).toBeUndefined()
    expect(strategy.nextDelay(rejection({ status: 403 }))).toBeUndefined()
  })

  it('SimpleAuthRetryStrategy takes other statuses', () => {
    expect(new SimpleAuthRetryStrategy({ authErrorCodes: [419], delayMs: 500 }).nextDelay(rejection({ status: 419 }))).toBe(500)
  })

  it('ExponentialAuthRetryStrategy waits 500 ms, then twice as long, within its jitter', () => {
    const strategy = new ExponentialAuthRetryStrategy({ random: () => 0 })
    expect([0, 1, 2].map((retry) => strategy.nextDelay(rejection({ retry })))).toEqual([375, 750, undefined])
    expect(new ExponentialAuthRetryStrategy({ jitter: false }).nextDelay(rejection({ retry: 1 }))).toBe(1_000)
  })

  it('ConditionalAuthRetryStrategy asks its own condition', () => {
    const strategy = new ConditionalAuthRetryStrategy({ shouldRetry: ({ data }) => data === 'token_expired', delayMs: 5 })
    expect(strategy.nextDelay(rejection({ status: 400, data: 'token_expired' }))).toBe(5)
    expect(strategy.nextDelay(rejection({ status: 401 }))).toBeUndefined()
    expect(strategy.nextDelay(rejection({ status: 400, data: 'token_expired', retry: 1 }))).toBeUndefined()
  })

  it('a wrong option is named', () => {
    expect(() => new SimpleAuthRetryStrategy({ delayMs: 0.5 })).toThrow(/delayMs .*did you mean 500\?/)
    expect(() => new ExponentialAuthRetryStrategy({ maxRetries: -1 })).toThrow(/maxRetries/)
    expect(() => new ConditionalAuthRetryStrategy({} as never)).toThrow(/shouldRetry/)
  })

  it('ConditionalAuthRetryStrategy leaves no rejection of an asynchronous condition unhandled', async () => {
    const unhandled: unknown[] = []
    const add = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', add)
    const shouldRetry = async (): Promise<never> => {
      throw new Error('nobody waits for this')
    }
    expect(new ConditionalAuthRetryStrategy({ shouldRetry: shouldRetry as never }).nextDelay(rejection())).toBeUndefined()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', add)
    expect(unhandled).toEqual([])
  })
})
