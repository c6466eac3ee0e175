import { AuthenticationError, ConfigurationError, ConnectionError } from '@requestforge/core/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CircuitBreakerRetryStrategy,
  ExponentialBackoffRetryStrategy,
  NoRetryStrategy,
  SimpleRetryStrategy,
} from '../src/index.ts'
import { failure } from './failures.ts'

const strategies = [
  ['SimpleRetryStrategy', (options: object) => new SimpleRetryStrategy(options)],
  ['ExponentialBackoffRetryStrategy', (options: object) => new ExponentialBackoffRetryStrategy(options)],
  ['CircuitBreakerRetryStrategy', (options: object) => new CircuitBreakerRetryStrategy(options)],
] as const

describe.each(strategies)('%s', (name, create) => {
  it.each([408, 429, 500, 502, 503, 504])('retries status %i', (status) => {
    expect(create({}).nextDelay(failure({ status, code: `http_${status}` }))).toBeGreaterThanOrEqual(0)
  })

  it.each([400, 401, 403, 404, 409, 422, 501, 505])('does not retry status %i', (status) => {
    expect(create({}).nextDelay(failure({ status, retryable: false }))).toBeUndefined()
  })

  it('retries failures that say that they may pass, and no others', () => {
    expect(create({}).nextDelay(failure({ code: 'connection' }))).toBeDefined()
    expect(create({}).nextDelay(failure({ code: 'tls', retryable: false }))).toBeUndefined()
  })

  it('does not retry an AuthenticationError unless it is listed', () => {
    const error = new AuthenticationError('down', { retryable: true })
    const failed = failure({ error, code: 'authentication' })
    expect(create({}).nextDelay(failed)).toBeUndefined()
    expect(create({ retryableErrors: [AuthenticationError] }).nextDelay(failed)).toBeDefined()
    expect(create({ retryableErrors: ['authentication'] }).nextDelay(failed)).toBeDefined()
  })

  it('retries the listed errors alone once there is a list', () => {
    const strategy = create({ retryableErrors: [ConnectionError] })
    expect(strategy.nextDelay(failure({ error: new ConnectionError('reset'), code: 'connection' }))).toBeDefined()
    expect(strategy.nextDelay(failure({ code: 'timeout' }))).toBeUndefined()
  })

  it('gives up after maxRetries', () => {
    const strategy = create({ maxRetries: 2 })
    expect([0, 1, 2].map((retry) => strategy.nextDelay(failure({ retry })) !== undefined)).toEqual([true, true, false])
  })

  it('comes back at once where Retry-After says so, and gives up on one beyond maxDelayMs: a minute, unless told otherwise', () => {
    expect(create({}).nextDelay(failure({ status: 503, retryAfterMs: 0 }))).toBe(0)
    expect(create({}).nextDelay(failure({ status: 503, retryAfterMs: 86_400_000 }))).toBeUndefined()
    expect(create({ maxDelayMs: 100_000 }).nextDelay(failure({ status: 503, retryAfterMs: 90_000 }))).toBe(90_000)
  })

  it('never comes back before Retry-After', () => {
    expect(create({}).nextDelay(failure({ status: 429, retryAfterMs: 30_000 }))).toBe(30_000)
  })

  it('gives up on a Retry-After beyond maxDelayMs even where its own delay is longer', () => {
    const longer = name === 'SimpleRetryStrategy' ? { delayMs: 120_000 } : { baseDelayMs: 120_000 }
    expect(create(longer).nextDelay(failure({ status: 503, retryAfterMs: 90_000 }))).toBeUndefined()
    expect(create({ ...longer, maxDelayMs: 1_000 }).nextDelay(failure({ status: 503, retryAfterMs: 3_000 }))).toBeUndefined()
  })

  it('waits its own delay where a Retry-After is no number', () => {
    expect(create({}).nextDelay(failure({ retryAfterMs: Number.NaN }))).toBeGreaterThan(0)
  })

  it.each([
    [{ maxRetries: -1 }, /maxRetries/],
    [{ retryableStatusCodes: [99] }, /retryableStatusCodes/],
    [{ retryableErrors: [7] }, /retryableErrors/],
    [{ retryableErrors: [() => true] }, /retryableErrors must be an array of error classes or codes, no predicates/],
    [{ retries: 3 }, /unknown option `retries`; did you mean `maxRetries`\?/],
  ])('names what is wrong with %j', (options, message) => {
    expect(() => create(options)).toThrow(ConfigurationError)
    expect(() => create(options)).toThrow(message)
  })
})

describe('NoRetryStrategy', () => {
  it('gives up at once', () => {
    expect(new NoRetryStrategy().nextDelay(failure())).toBeUndefined()
  })
})

describe('ExponentialBackoffRetryStrategy', () => {
  const options = fc.record({
    baseDelayMs: fc.integer({ min: 0, max: 100_000 }),
    maxDelayMs: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    multiplier: fc.double({ min: 1, max: 10, noNaN: true }),
    retry: fc.integer({ min: 0, max: 2_000 }),
    drawn: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  })

  it('waits min(max, base · multiplier^retry) without jitter', () => {
    fc.assert(
      fc.property(options, ({ baseDelayMs, maxDelayMs, multiplier, retry }) => {
        const strategy = new ExponentialBackoffRetryStrategy({
          maxRetries: 5_000,
          baseDelayMs,
          maxDelayMs,
          multiplier,
          jitter: false,
        })
        const expected = baseDelayMs === 0 ? 0 : Math.min(maxDelayMs, baseDelayMs * multiplier ** retry)
        expect(strategy.nextDelay(failure({ retry }))).toBe(expected)
      }),
    )
  })

  it('draws uniformly from 0.75 d to min(1.25 d, max) with jitter, whatever the numbers', () => {
    fc.assert(
      fc.property(options, ({ baseDelayMs, maxDelayMs, multiplier, retry, drawn }) => {
        const random = () => drawn
        const strategy = new ExponentialBackoffRetryStrategy({ maxRetries: 5_000, baseDelayMs, maxDelayMs, multiplier, random })
        const d = baseDelayMs === 0 ? 0 : Math.min(maxDelayMs, baseDelayMs * multiplier ** retry)
        const expected = 0.75 * d + drawn * (Math.min(1.25 * d, maxDelayMs) - 0.75 * d)
        expect(strategy.nextDelay(failure({ retry }))).toBeCloseTo(expected, 6)
      }),
    )
  })

  it('obeys a Retry-After up to maxDelayMs, gives up beyond it, and never comes back before it', () => {
    const retryAfter = fc.integer({ min: 0, max: 200_000 })
    fc.assert(
      fc.property(options, retryAfter, ({ drawn, ...backoff }, retryAfterMs) => {
        const { retry, ...rest } = backoff
        const strategy = new ExponentialBackoffRetryStrategy({ ...rest, maxRetries: 5_000, random: () => drawn })
        const own = strategy.nextDelay(failure({ retry })) ?? Number.NaN
        const delayMs = strategy.nextDelay(failure({ retry, status: 503, retryAfterMs }))
        if (retryAfterMs > backoff.maxDelayMs) expect(delayMs).toBeUndefined()
        else expect(delayMs).toBe(retryAfterMs === 0 ? 0 : Math.max(own, retryAfterMs))
      }),
    )
  })

  it('gives up at once when Retry-After is beyond maxDelayMs', () => {
    const strategy = new ExponentialBackoffRetryStrategy({ maxDelayMs: 60_000 })
    expect(strategy.nextDelay(failure({ status: 503, retryAfterMs: 60_001 }))).toBeUndefined()
    expect(strategy.nextDelay(failure({ status: 503, retryAfterMs: 60_000 }))).toBe(60_000)
  })

  it.each([
    [{ baseDelayMs: 0.5 }, /baseDelayMs .*did you mean 500\?/],
    [{ maxDelayMs: 2 ** 31 }, /maxDelayMs/],
    [{ jitter: 'full' as never }, /jitter/],
    [{ random: 4 as never }, /random/],
    [{ multiplier: 0.5 }, /multiplier/],
    [{ multiplier: Number.NaN }, /multiplier/],
  ])('names what is wrong with %j', (options, message) => {
    expect(() => new ExponentialBackoffRetryStrategy(options)).toThrow(message)
  })
})
