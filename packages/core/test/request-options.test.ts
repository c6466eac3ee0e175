import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../src/errors.ts'
import { HttpClient } from '../src/http-client.ts'
import { checkMethod, checkRequestOptions, type RequestOptions } from '../src/request-options.ts'
import { loopback, sendJson } from './fixtures/loopback.ts'

// The types forbid most of what follows; JavaScript does not.
const check = (options: object): void => checkRequestOptions(options as RequestOptions)

describe('an unknown request option is refused with what was probably meant', () => {
  test.each([
    ['name', 'json'],
    ['data', 'json'],
    ['query', 'params'],
    ['searchParams', 'params'],
    ['timeout', 'timeoutMs'],
    ['header', 'headers'],
    ['retryStrategie', 'retryStrategy'],
    ['throwHttpError', 'throwHttpErrors'],
    ['Signal', 'signal'],
    ['retry', 'retryStrategy'],
  ])('%s: %s', (given, meant) => {
    expect(() => check({ [given]: 1 })).toThrow(`unknown option \`${given}\`; did you mean \`${meant}\`?`)
  })
})

test.each<[string, object]>([
  ['json and body', { json: {}, body: '' }],
  ['json and form', { json: null, form: {} }],
  ['form and body', { form: {}, body: '' }],
])('%s cannot be given together', (names, options) => {
  expect(() => check(options)).toThrow(`${names} cannot be given together`)
})

test.each<[string, object]>([
  ['timeoutMs', { timeoutMs: 1.5 }],
  ['totalTimeoutMs', { totalTimeoutMs: '5' }],
  ['maxResponseBytes', { maxResponseBytes: -1 }],
  ['throwHttpErrors', { throwHttpErrors: 1 }],
  ['stream', { stream: 'yes' }],
  ['idempotencyKey', { idempotencyKey: 5 }],
  ['idempotencyKey', { idempotencyKey: ' ' }],
  ['idempotencyKey', { idempotencyKey: 'a\nb' }],
  ['headers', { headers: { 'x-a': 5 } }],
  ['headers', { headers: { 'x a': '5' } }],
  ['headers', { headers: { 'x-a': 'a\r\nx-b: c' } }],
  ['headers', { headers: { 'x-a': 'a\u0000' } }],
  ['headers', { headers: { 'x-a': '\u20ac' } }],
  ['headers', { headers: [['x-a', '5']] }],
  ['signal', { signal: {} }],
  ['retryStrategy', { retryStrategy: true }],
  ['auth', { auth: true }],
  ['auth', { auth: { username: 'canary', password: 'canary' } }],
  ['schema', { schema: {} }],
])('%s is checked', (option, options) => {
  expect(() => check(options)).toThrow(ConfigurationError)
  expect(() => check(options)).toThrow(new RegExp(`^${option}`))
  expect(() => check(options)).not.toThrow(/canary/)
})

test('what is undefined was not given', () => {
  check({ json: undefined, form: undefined, body: 'x', timeoutMs: undefined, signal: undefined, headers: { a: undefined } })
})

test('methods are taken in any case, and no others than the seven', () => {
  expect(checkMethod('get')).toBe('GET')
  expect(checkMethod('Patch')).toBe('PATCH')
  for (const method of ['TRACE', 'CONNECT', 'G ET', '', 5, undefined, 'GET\r\nx: y'])
    expect(() => checkMethod(method)).toThrow(ConfigurationError)
})

test("headers and params that are maps, or another realm's, are sent like any others", async () => {
  const server = await loopback((_request, response) => sendJson(response, 200, {}))
  const client = new HttpClient({ baseUrl: server.origin })
  const headers = new Map([['x-tenant', 'a']]) as unknown as Headers
  await client.get('/', { headers, params: new Map([['page', 2]]) as never })
  expect(server.requests[0]).toMatchObject({ path: '/?page=2', headers: { 'x-tenant': 'a' } })
})
