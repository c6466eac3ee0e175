import { describe, expect, test } from 'vitest'
import {
  CircuitBreakerRetryStrategy,
  ConditionalAuthRetryStrategy,
  ExponentialAuthRetryStrategy,
  ExponentialBackoffRetryStrategy,
  FailureCountingBreaker,
  retry,
  SimpleAuthRetryStrategy,
  SimpleRetryStrategy,
} from '../src/index.ts'

test.each<[string, () => unknown, string]>([
  [
    'a number of retries for retry()',
    () => retry(async () => 1, { maxRetries: 3 } as never),
    'unknown option `maxRetries`; did you mean `strategy`?',
  ],
  [
    'a condition by another name',
    () => new ConditionalAuthRetryStrategy({ condition: () => true } as never),
    'unknown option `condition`; did you mean `shouldRetry`?',
  ],
  [
    'a threshold by half its name',
    () => new CircuitBreakerRetryStrategy({ threshold: 5 } as never),
    'unknown option `threshold`; did you mean `failureThreshold`?',
  ],
  [
    'a name that is like none',
    () => new SimpleAuthRetryStrategy({ times: 1 } as never),
    'unknown option `times`: there are maxRetries, delayMs, authErrorCodes',
  ],
  ['no condition', () => new ConditionalAuthRetryStrategy({} as never), 'shouldRetry must be a function (got undefined)'],
])('%s is told with what is wanted', async (_what, act, message) => {
  await expect(async () => act()).rejects.toThrow(message)
})

const configuration = expect.objectContaining({ code: 'configuration' })

const classes: Readonly<Record<string, (options: object) => object>> = {
  SimpleRetryStrategy: (options) => new SimpleRetryStrategy(options),
  ExponentialBackoffRetryStrategy: (options) => new ExponentialBackoffRetryStrategy(options),
  CircuitBreakerRetryStrategy: (options) => new CircuitBreakerRetryStrategy(options),
  FailureCountingBreaker: (options) => new FailureCountingBreaker(options),
  SimpleAuthRetryStrategy: (options) => new SimpleAuthRetryStrategy(options),
  ExponentialAuthRetryStrategy: (options) => new ExponentialAuthRetryStrategy(options),
  ConditionalAuthRetryStrategy: (options) => new ConditionalAuthRetryStrategy(options as never),
}

describe.each(Object.entries(classes))('%s', (_name, create) => {
  const { signal } = new AbortController()
  const wrongs = {
    Map: new Map(),
    Set: new Set(),
    Date: new Date(),
    Promise: Promise.resolve(),
    AbortSignal: signal,
    Array: [],
    null: null,
  }

  test.each(Object.entries(wrongs))('takes no %s for its options', (_what, wrong) => {
    expect(() => create(wrong as object)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('options must be') }),
    )
  })
})

test.each(['SimpleRetryStrategy', 'SimpleAuthRetryStrategy', 'ExponentialAuthRetryStrategy', 'ConditionalAuthRetryStrategy'])(
  '%s takes null for no number of retries',
  (name) => {
    expect(() => classes[name]?.({ maxRetries: null, shouldRetry: () => true })).toThrow(configuration)
  },
)

test.each(['maxRetries', 'baseDelayMs', 'multiplier', 'jitter'])('an object without words for itself is no `%s`', (option) => {
  const wrong = Object.create(null)
  expect(() => new ExponentialBackoffRetryStrategy({ [option]: wrong })).toThrow(expect.objectContaining({ option }))
})
