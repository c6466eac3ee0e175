import { expect, test } from 'vitest'
import { retryAfterMs } from '../src/retry-after.ts'

const now = Date.UTC(1994, 10, 6, 8, 49, 0)

test.each<[string | null, number | undefined]>([
  ['2', 2_000],
  [' 120 ', 120_000],
  ['0', 0],
  ['1.5', 1_500],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
  ['Sun Nov  6 08:49:37 1994', 37_000],
  ['Sun, 06 Nov 1994 08:48:00 GMT', 0],
  ['Sun, 06 Nov 1994 08:50 GMT', 60_000],
  ['-5', undefined],
  ['soon', undefined],
  ['5 apples', undefined],
  ['retry in 5', undefined],
  ['retry in 5:30', undefined],
  ['Monday 5', undefined],
  ['Sunday', undefined],
  ['', undefined],
  ['1e3', undefined],
  ['Infinity', undefined],
  ['1994', 1_994_000],
  ['2, 5,3', 5_000],
  ['2, soon', undefined],
  [null, undefined],
])('%j is %s ms', (value, expected) => {
  expect(retryAfterMs(value, now)).toBe(expected)
})
