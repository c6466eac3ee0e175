import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../src/errors.ts'
import { HttpClient } from '../src/http-client.ts'
import { checkMethod, checkRequestOptions, type RequestOptions } from '../src/request-options.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson } from './fixtures/loopback.ts'

// The types forbid most of what follows; JavaScript does not.
const check = (options: object): void => checkRequestOptions(options as RequestOptions, 'POST')

describe('an unknown request option is refused with what was probably meant', () => {
  test.each([
    ['name', 'json'],
    ['data', 'json'],
    ['query', 'params'],
    ['searchParams', 'params'],
    ['qs', 'params'],
    ['timeout', 'timeoutMs'],
    ['header', 'headers'],
    ['retryStrategie', 'retryStrategy'],
    ['throwHttpError', 'throwHttpErrors'],
    ['Signal', 'signal'],
    ['retry', 'retryStrategy'],
  ])('%s: %s', (given, meant) => {
    expect(() => check({ [given]: 1 })).toThrow(`unknown option \`${given}\`; did you mean \`${meant}\`?`)
  })

  test.each(['get', 'head'] as const)('of a %s, which has no body, params are meant', async (method) => {
    const client = new HttpClient({ baseUrl: 'http://api.example', transport: () => expect.unreachable() })
    await expect(client[method]('/users', { id: 5 } as object)).rejects.toThrow('unknown option `id`; did you mean `params`?')
    await expect(client.delete('/users', { id: 5 } as object)).rejects.toThrow('unknown option `id`; did you mean `json`?')
  })

  test.each(['toString', 'constructor', 'valueOf', 'hasOwnProperty'])('%s, which every object inherits, is one', (given) => {
    expect(() => check({ [given]: 1 })).toThrow(ConfigurationError)
    expect(() => check({ [given]: 1 })).toThrow(`unknown option \`${given}\``)
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
])('%s is checked', async (option, options) => {
  const transport = (): never => expect.unreachable()
  const error = await failureOf(new HttpClient({ baseUrl: 'http://api.example', transport }).post('/', options as object))
  expect(error).toBeInstanceOf(ConfigurationError)
  expect(error).toMatchObject({ message: expect.stringMatching(new RegExp(`^${option}`)) })
  expect(String(error)).not.toContain('canary')
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

describe('what is no bag of options is named, with what was probably meant', () => {
  const client = new HttpClient({ baseUrl: 'https://api.example', transport: async () => new Response('{}') })
  // The types forbid most of them; JavaScript does not.
  const anything = (value: unknown): never => value as never

  test.each([
    [new URLSearchParams('a=1'), /`form`/],
    [new FormData(), /`body`/],
    [new Blob(['a']), /`body`/],
    [new Uint8Array(3), /`body`/],
    [new ReadableStream(), /`body`/],
    [['a'], /`json`/],
    [new Map([['a', 1]]), /`json`/],
    [new Date(), /got a Date/],
    [new Headers({ a: 'b' }), /`headers`/],
    [new AbortController().signal, /`signal`/],
    [Promise.resolve({}), /got a Promise/],
  ])('%s as the options of a request', async (options, hint) => {
    const error = await failureOf(client.post('/u', anything(options)))
    expect(error).toMatchObject({ code: 'configuration', message: expect.stringMatching(hint) })
  })

  test.each([[[]], [new Map()], [new Date()], [new URL('https://api.example')]])('%s as a configuration', async (config) => {
    expect(() => new HttpClient(anything(config))).toThrow(ConfigurationError)
    expect(() => client.extend(anything(config))).toThrow(ConfigurationError)
    expect(() => new HttpClient({ redirects: anything(config) })).toThrow(/redirects must be an object/)
    expect(await failureOf(client.close(anything(config)))).toBeInstanceOf(ConfigurationError)
  })

  test.each([
    ['params', new FormData()],
    ['params', new Date()],
    ['params', new Headers()],
    ['form', new FormData()],
    ['form', new Blob()],
    ['headers', new Date()],
    ['headers', new FormData()],
  ])('%s of another kind', async (option, value) => {
    const error = await failureOf(client.post('/u', anything({ [option]: value })))
    expect(error).toMatchObject({ code: 'configuration', option })
    if (option === 'form' && value instanceof FormData) expect(String(error)).toContain('`body`')
  })

  test('objects of classes, without a prototype, and modules are bags', async () => {
    class Options {
      readonly json = 1
    }
    for (const options of [new Options(), Object.assign(Object.create(null), { json: 1 })])
      expect((await client.post('/u', options)).status).toBe(200)
    expect(() => new HttpClient(anything(new Proxy({}, {})))).not.toThrow()
  })
})

test('headers are read once, and a body that the method does not take is not encoded', async () => {
  let reads = 0
  const headers = {
    get 'x-a'(): string {
      reads++
      return 'b'
    },
  }
  const client = new HttpClient({ baseUrl: 'http://api.example', transport: async () => new Response('') })
  await client.get('/', { headers })
  expect(reads).toBe(1)
  const json = { toJSON: () => expect.unreachable() }
  expect(await failureOf(client.request('GET', '/', { json }))).toMatchObject({ code: 'configuration', option: 'json' })
})
