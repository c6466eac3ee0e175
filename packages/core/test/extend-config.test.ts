import { describe, expect, test } from 'vitest'
import type { HttpClientConfig } from '../src/config.ts'
import { HttpClientConfigBuilder } from '../src/config-builder.ts'
import { ConfigurationError } from '../src/errors.ts'
import { extendConfig } from '../src/extend-config.ts'
import { HttpClient } from '../src/http-client.ts'

const tokenManager = { getToken: async () => ({ accessToken: 't' }) }
const baseUrl = 'https://api.example.com/v1'
const other = 'https://other.example.com'

test.each<[string, object]>([
  ['hooks that are no array', { hooks: {} }],
  ['hooks that are null', { hooks: null }],
  ['a hook that is no object', { hooks: [null] }],
  ['middleware that is no array', { middleware: () => undefined }],
])('%s are refused as they are by the constructor and by a builder', (_what, changes) => {
  const given = (make: () => unknown): unknown => {
    try {
      return make()
    } catch (error) {
      return error
    }
  }
  const refusal = given(() => new HttpClient(changes))
  expect(refusal).toBeInstanceOf(ConfigurationError)
  expect(given(() => new HttpClient({ baseUrl }).extend(changes))).toEqual(refusal)
  expect(given(() => new HttpClientConfigBuilder(changes).withHooks({}).build())).toEqual(refusal)
  expect(given(() => new HttpClientConfigBuilder(changes).withMiddleware((next) => next).build())).toEqual(refusal)
})

test('a builder keeps headers of whatever kind it began with', () => {
  const begun = new HttpClientConfigBuilder({ headers: new Headers({ 'x-a': '1' }) as never })
  expect(begun.withHeader('x-b', '2').build().headers).toEqual({ 'x-a': '1', 'x-b': '2' })
})

test('headers merge whatever their case, hooks and middleware add up, the rest replaces', () => {
  const [one, two] = [{}, {}]
  const base: HttpClientConfig = { baseUrl, timeoutMs: 1, headers: { 'X-A': '1', 'x-b': '1' }, hooks: [one] }
  const extended = extendConfig(base, { timeoutMs: 2, headers: { 'x-a': '2' }, hooks: [two] })
  expect(extended).toMatchObject({ baseUrl, timeoutMs: 2, headers: { 'x-a': '2', 'x-b': '1' } })
  expect(extended.hooks).toEqual([one, two])
})

test('headers of any kind are taken along', async () => {
  for (const headers of [new Headers({ 'x-key': 's' }), new Map([['X-Key', 's']])]) {
    const seen: unknown[] = []
    const transport = async (_url: string, init: RequestInit): Promise<Response> => {
      seen.push(new Headers(init.headers).get('x-key'))
      return new Response()
    }
    await new HttpClient({ baseUrl, headers: headers as never, transport }).extend({}).get('/')
    expect(seen).toEqual(['s'])
  }
})

test('a member that is undefined changes nothing', () => {
  expect(extendConfig({ baseUrl, timeoutMs: 1 }, { baseUrl: undefined, timeoutMs: undefined })).toMatchObject({
    baseUrl,
    timeoutMs: 1,
  })
})

describe('another origin', () => {
  test.each<[string, HttpClientConfig]>([
    ['a token source', { tokenAuth: { tokenManager } }],
    ['a bearer token', { bearerToken: 't' }],
    ['basic credentials', { basicAuth: { username: 'a', password: 'b' } }],
    ['an API key', { apiKey: { key: 'k' } }],
    ['a default header', { headers: { 'x-team': 'blue' } }],
  ])('does not get %s', (_name, credentials) => {
    expect(() => extendConfig({ baseUrl, ...credentials }, { baseUrl: other })).toThrow(ConfigurationError)
    expect(() => extendConfig({ baseUrl, ...credentials }, { baseUrl: 'http://api.example.com/v1' })).toThrow(ConfigurationError)
  })

  test('nor by way of a new list of allowed origins', () => {
    const tokenAuth = { tokenManager, allowedOrigins: [other] }
    expect(() => extendConfig({ baseUrl, apiKey: { key: 'k' } }, { tokenAuth })).toThrow(
      /the origin https:\/\/other.example.com would take apiKey along/,
    )
  })

  test.each<[string, HttpClientConfig, HttpClientConfig]>([
    ['there are no credentials', { headers: { accept: 'text/csv' } }, { baseUrl: other }],
    ['it brings its own', { bearerToken: 't' }, { baseUrl: other, bearerToken: 'u' }],
    ['it brings its own headers', { headers: { 'x-team': 'blue' } }, { baseUrl: other, headers: { 'X-Team': 'red' } }],
    ['it was allowed before', { tokenAuth: { tokenManager, allowedOrigins: [other] } }, { baseUrl: other }],
    ['it is the same in other words', { bearerToken: 't' }, { baseUrl: 'https://API.example.com:443/v2' }],
  ])('is taken if %s', (_name, base, changes) => {
    expect(extendConfig({ baseUrl, ...base }, changes)).toMatchObject(
      changes.bearerToken === undefined ? { baseUrl: changes.baseUrl } : changes,
    )
  })

  test('is the first one where the base trusts nobody', () => {
    expect(extendConfig({ bearerToken: 't' }, { baseUrl: other })).toMatchObject({ bearerToken: 't', baseUrl: other })
  })
})

test('an unknown option is refused', () => {
  expect(() => extendConfig({ baseUrl }, { timeout: 5 } as object)).toThrow(/did you mean `timeoutMs`\?/)
})

test('a transport takes the place of the connections that the base was told to make', async () => {
  const base = new HttpClient({ baseUrl: 'https://api.example', tls: { rejectUnauthorized: false }, http2: true })
  const extended = base.extend({ transport: async () => new Response('own') })
  expect(await extended.get('/').text()).toBe('own')
  expect(() => base.extend({ transport: async () => new Response(''), tls: {} })).toThrow(/tls is for the built-in transport/)
})

test('what the base was given is read once: changing it later changes no client made from it', async () => {
  const url = new URL('https://api.example.com')
  const excludedPaths = new Set<string>()
  const config = { baseUrl: url, headers: { 'x-team': 'blue' }, tokenAuth: { tokenManager, excludedPaths } }
  const seen: (readonly [string, unknown])[] = []
  const transport = async (target: string, { headers }: RequestInit): Promise<Response> => {
    seen.push([target, headers])
    return new Response('{}')
  }
  const base = new HttpClient({ ...config, transport })
  url.hostname = 'evil.example'
  excludedPaths.add('/users')
  config.headers['x-team'] = 'red'
  await base.extend({ timeoutMs: 5 }).get('/users')
  expect(seen).toEqual([
    ['https://api.example.com/users', expect.objectContaining({ 'x-team': 'blue', authorization: expect.anything() })],
  ])
})

test('headers that are `Headers` are taken along', async () => {
  const seen: unknown[] = []
  const transport = async (_target: string, { headers }: RequestInit): Promise<Response> => {
    seen.push(headers)
    return new Response('{}')
  }
  // The types want a plain object; JavaScript does not.
  const headers = new Headers({ 'X-Team': 'blue' }) as never
  const base = new HttpClient({ baseUrl, headers, transport })
  await base.extend({ timeoutMs: 5 }).get('/')
  await new HttpClient(new HttpClientConfigBuilder({ baseUrl, headers, transport }).build()).get('/')
  expect(seen).toEqual([expect.objectContaining({ 'x-team': 'blue' }), expect.objectContaining({ 'x-team': 'blue' })])
})
