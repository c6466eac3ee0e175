import { expect, test } from 'vitest'
import * as errors from '../src/errors.ts'
import * as core from '../src/index.ts'

test('what is public is what the documentation names, and no internal of the client', () => {
  const values = Object.keys(core).filter((name) => !(name in errors))
  expect(values.sort()).toEqual([
    'HttpClient',
    'HttpClientConfigBuilder',
    'paginate',
    'retryAfterMs',
    'systemClock',
    'toCurl',
    'typedFailure',
  ])
})

test('the errors are public, each of them', () => {
  expect(core).toMatchObject(errors)
  for (const kind of Object.values(errors)) expect(kind).toHaveProperty('kind')
})
