import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { CircuitBreakerRetryStrategy, FailureCountingBreaker } from '../src/index.ts'
import { failure } from './failures.ts'

let nowMs = 0
const clock = { monotonic: () => nowMs }

beforeEach(() => {
  nowMs = 0
})

function openBreaker(): FailureCountingBreaker {
  const breaker = new FailureCountingBreaker({ failureThreshold: 2, recoveryTimeoutMs: 1_000, halfOpenMaxCalls: 2, clock })
  for (let sent = 0; sent < 2; sent++) {
    breaker.admit()
    breaker.record('failure')
  }
  return breaker
}

describe('FailureCountingBreaker', () => {
  it('opens after failureThreshold failures in a row, and then says how long it stays so', () => {
    const breaker = openBreaker()
    nowMs = 400
    expect(breaker.state).toBe('open')
    expect(breaker.admit()).toBe(600)
  })

  it('counts failures in a row: a success between them begins anew', () => {
    const breaker = new FailureCountingBreaker({ failureThreshold: 2, clock })
    for (const outcome of ['failure', 'success', 'failure', 'ignored'] as const) breaker.record(outcome)
    expect(breaker.state).toBe('closed')
  })

  it('lets halfOpenMaxCalls trials through when its time is over, and no more', () => {
    const breaker = openBreaker()
    nowMs = 1_000
    expect([breaker.admit(), breaker.admit(), breaker.admit()]).toEqual([undefined, undefined, 1_000])
  })

  it('closes after that many successes', () => {
    const breaker = openBreaker()
    nowMs = 1_000
    for (let trial = 0; trial < 2; trial++) {
      breaker.admit()
      breaker.record('success')
    }
    expect(breaker.state).toBe('closed')
  })

  it('opens again at the first failed trial', () => {
    const breaker = openBreaker()
    nowMs = 1_500
    breaker.admit()
    breaker.record('failure')
    expect(breaker.admit()).toBe(1_000)
  })

  it('takes the late outcome of a send that was admitted before it opened for no trial', () => {
    const breaker = new FailureCountingBreaker({ failureThreshold: 1, recoveryTimeoutMs: 1_000, halfOpenMaxCalls: 1, clock })
    const late = Array.from({ length: 2 }, () => {
      breaker.admit()
      return breaker.period
    })
    breaker.record('failure', late[0])
    nowMs = 1_000
    breaker.admit()
    breaker.record('failure', late[1])
    expect(breaker.state).toBe('half-open')
    breaker.record('success', breaker.period)
    expect(breaker.state).toBe('closed')
  })

  it('gives an ignored trial back', () => {
    const breaker = openBreaker()
    nowMs = 1_000
    breaker.admit()
    breaker.admit()
    breaker.record('ignored')
    expect(breaker.admit()).toBeUndefined()
  })

  it('admits nothing while open, whatever happened before', () => {
    const outcome = fc.constantFrom('success', 'failure', 'ignored')
    const step = fc.record({ outcome, waitMs: fc.integer({ min: 0, max: 700 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        nowMs = 0
        const breaker = new FailureCountingBreaker({ failureThreshold: 3, recoveryTimeoutMs: 1_000, halfOpenMaxCalls: 2, clock })
        for (const { outcome, waitMs } of steps) {
          nowMs += waitMs
          const wasOpen = breaker.state === 'open'
          const admitted = breaker.admit() === undefined
          if (wasOpen) expect(admitted).toBe(false)
          if (admitted) breaker.record(outcome)
        }
      }),
    )
  })

  it('never has more trials under way than halfOpenMaxCalls, and closes after as many successes, whatever the order', () => {
    const step = fc.record({ outcome: fc.constantFrom('success', 'failure', 'ignored'), sends: fc.boolean() })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (halfOpenMaxCalls, steps) => {
        nowMs = 0
        const breaker = new FailureCountingBreaker({ failureThreshold: 1, recoveryTimeoutMs: 10, halfOpenMaxCalls, clock })
        breaker.record('failure')
        nowMs = 10
        let underWay = 0
        let successes = 0
        for (const { outcome, sends } of steps) {
          if (sends && breaker.admit() === undefined) underWay++
          else if (underWay > 0) {
            underWay--
            breaker.record(outcome)
            if (outcome === 'success') successes++
            if (outcome === 'failure') expect(breaker.state).toBe('open')
          }
          expect(underWay).toBeLessThanOrEqual(halfOpenMaxCalls)
          if (breaker.state !== 'half-open') break
        }
        if (breaker.state === 'closed') expect(successes).toBe(halfOpenMaxCalls)
      }),
    )
  })

  it('is shared by whoever shares the strategy', () => {
    const strategy = new CircuitBreakerRetryStrategy({ failureThreshold: 1, clock })
    const { breaker } = strategy
    breaker.record('failure')
    expect(strategy.breaker.admit()).toBe(30_000)
    strategy.breaker.reset()
    expect(breaker.admit()).toBeUndefined()
  })
})

describe('CircuitBreakerRetryStrategy', () => {
  it('retries while closed, and gives up once open', () => {
    const strategy = new CircuitBreakerRetryStrategy({ failureThreshold: 1, clock, jitter: false, baseDelayMs: 10 })
    expect(strategy.nextDelay(failure())).toBe(10)
    strategy.breaker.record('failure')
    expect(strategy.nextDelay(failure())).toBeUndefined()
    expect(strategy.state).toBe('open')
  })

  it.each([
    [{ failureThreshold: 0 }, /failureThreshold/],
    [{ recoveryTimeoutMs: 0.5 }, /recoveryTimeoutMs .*did you mean 500\?/],
    [{ halfOpenMaxCalls: 1.5 }, /halfOpenMaxCalls/],
  ])('names what is wrong with %j', (options, message) => {
    expect(() => new CircuitBreakerRetryStrategy(options)).toThrow(message)
  })
})
