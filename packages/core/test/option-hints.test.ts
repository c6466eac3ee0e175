import { describe, expect, test } from 'vitest'
import { durationProblem, nearestName } from '../src/option-hints.ts'

describe('a duration', () => {
  test.each([0, 1, 2 ** 31 - 1])('of %d ms is none of a problem', (value) => {
    expect(durationProblem('delayMs', value, String(value))).toBeUndefined()
  })

  test.each<[unknown, RegExp]>([
    [0.5, /^delayMs must be .* from 0 to 2\^31-1 \(got 0\.5\); `delayMs` is in milliseconds; did you mean 500\?$/],
    [2.5, /did you mean 2500\?$/],
    [1_000.5, /\(got 1000\.5\)$/],
    [-1, /\(got -1\)$/],
    [2 ** 31, /\(got 2147483648\)$/],
    [Number.NaN, /\(got NaN\)$/],
    ['5', /\(got 5\)$/],
  ])('of %s is', (value, problem) => {
    expect(durationProblem('delayMs', value, String(value))).toMatch(problem)
  })

  test('may have to be above zero', () => {
    expect(durationProblem('timeoutMs', 0, '0', 1)).toMatch(/from 1 to/)
  })
})

test.each([
  ['tokenURL', 'tokenUrl'],
  ['client_id', 'clientId'],
  ['maxEntrys', 'maxEntries'],
  ['name', undefined],
])('%s: %s was probably meant', (given, meant) => {
  expect(nearestName(given, ['clientId', 'maxEntries', 'tokenUrl'])).toBe(meant)
})
