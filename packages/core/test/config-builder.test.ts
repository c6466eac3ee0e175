import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../src/clock.ts'
import { HttpClientConfigBuilder } from '../src/config-builder.ts'
import { ConfigurationError } from '../src/errors.ts'
import type { Handler } from '../src/handler.ts'
import { HttpClient } from '../src/http-client.ts'
import { resolveConfig } from '../src/resolve-config.ts'

const tokenManager = { getToken: async () => ({ accessToken: 't' }) }
const api = (): HttpClientConfigBuilder => new HttpClientConfigBuilder().withBaseUrl('https://api.example.com')

test('a step returns a new builder and leaves the old one as it was', () => {
  const shared = api().withHeader('x-team', 'blue')
  const one = shared
    .withTimeout(1)
    .withHeader('x-one', '1')
    .withHooks({})
    .withMiddleware((next) => next)
  const other = shared.withTimeout(2)
  expect(one.build()).toMatchObject({ timeoutMs: 1, headers: { 'x-team': 'blue', 'x-one': '1' } })
  expect(other.build()).toEqual({ baseUrl: 'https://api.example.com', timeoutMs: 2, headers: { 'x-team': 'blue' } })
})

test('every step has a member of the same meaning', () => {
  const strategy = { nextDelay: () => undefined }
  const [transport, middleware] = [async () => new Response(), (next: Handler) => next] as const
  const built = api()
    .withTimeout(1)
    .withTotalTimeout(2)
    .withHeaders(new Headers({ Accept: 'text/csv' }))
    .withApiKey('key', { headerName: 'X-Key' })
    .withTokenAuth({ tokenManager, excludedPaths: new Set(['/health']) })
    .withRetryStrategy(strategy)
    .withLogging({ logBody: true, sensitiveKeys: new Set(['x-tenant']) })
    .withPoolConnection(3)
    .withPoolMaxsize(4)
    .withRedirects({ follow: false })
    .withHooks({})
    .withMiddleware(middleware)
    .withTransport(transport)
    .withThrowHttpErrors(false)
    .withMaxResponseBytes(5)
    .withClock(systemClock)
    .build()
  expect(built).toEqual({
    baseUrl: 'https://api.example.com',
    timeoutMs: 1,
    totalTimeoutMs: 2,
    headers: { accept: 'text/csv' },
    apiKey: { key: 'key', headerName: 'X-Key' },
    tokenAuth: { tokenManager, excludedPaths: ['/health'] },
    retryStrategy: strategy,
    logging: { logBody: true, sensitiveKeys: ['x-tenant'] },
    poolConnections: 3,
    poolMaxsize: 4,
    redirects: { follow: false },
    hooks: [{}],
    middleware: [middleware],
    transport,
    throwHttpErrors: false,
    maxResponseBytes: 5,
    clock: systemClock,
  })
})

test('what was built is plain: URLs are written out', () => {
  const url = new URL('https://api.example.com/v1')
  const built = new HttpClientConfigBuilder().withBaseUrl(url).withProxy(new URL('http://proxy.example:3128')).build()
  url.hostname = 'evil.example'
  expect(built).toEqual({ baseUrl: 'https://api.example.com/v1', proxy: 'http://proxy.example:3128/' })
})

test('what was built is frozen, and does not change with what it was built from', () => {
  const excludedPaths = new Set(['/health'])
  const redirects = { maxRedirects: 3 }
  const strategy = { count: 0, nextDelay: () => undefined }
  const built = api().withTokenAuth({ tokenManager, excludedPaths }).withRedirects(redirects).withRetryStrategy(strategy).build()
  excludedPaths.add('/admin')
  redirects.maxRedirects = 99
  strategy.count = 1
  expect(built.tokenAuth?.excludedPaths).toEqual(['/health'])
  expect(built.redirects).toEqual({ maxRedirects: 3 })
  for (const part of [built, built.tokenAuth, built.tokenAuth?.excludedPaths, built.redirects])
    expect(Object.isFrozen(part)).toBe(true)
  expect(built.retryStrategy).toBe(strategy)
})

test('logging is replaced, hooks and middleware add up in the order of the steps', () => {
  const [first, second] = [{ onError: () => undefined }, { onError: () => undefined }]
  const built = api().withLogging({ logBody: true }).withLogging().withHooks(first).withHooks(second).build()
  expect(built.logging).toEqual({})
  expect(built.hooks).toEqual([first, second])
})

test('there is no switch that turns certificate checks off', () => {
  expect('withVerifySsl' in HttpClientConfigBuilder.prototype).toBe(false)
  expect(() => resolveConfig({ verifySsl: false } as object)).toThrow(/unknown option `verifySsl`/)
})

describe('two steps that want the same header are refused', () => {
  const token = { tokenManager }
  const steps = {
    bearerToken: (b: HttpClientConfigBuilder) => b.withBearerToken('t'),
    basicAuth: (b: HttpClientConfigBuilder) => b.withBasicAuth({ username: 'ada', password: 'p' }),
    tokenAuth: (b: HttpClientConfigBuilder) => b.withTokenAuth(token),
    headers: (b: HttpClientConfigBuilder) => b.withHeader('Authorization', 'x'),
    apiKey: (b: HttpClientConfigBuilder) => b.withApiKey('k', { headerName: 'authorization' }),
  }
  const names = Object.keys(steps) as (keyof typeof steps)[]
  const pairs = names.flatMap((one, index) => names.slice(index + 1).map((other) => [one, other] as const))

  test.each(pairs)('%s and %s', (one, other) => {
    expect(() => steps[other](steps[one](api())).build()).toThrow(ConfigurationError)
    expect(() => steps[other](steps[one](api())).build()).toThrow(/authorization/)
  })

  test('but an API key may stand beside any of them', () => {
    for (const step of [steps.bearerToken, steps.basicAuth, steps.tokenAuth, steps.headers]) step(api()).withApiKey('k').build()
    expect(() => api().withApiKey('k').withHeader('X-Api-Key', 'other').build()).toThrow(/x-api-key/)
  })

  test('and a token in a header of its own may stand beside a bearer token', () => {
    api().withBearerToken('t').withTokenAuth({ tokenManager, headerName: 'X-Token' }).build()
  })
})

describe('a bad option fails at once and names itself', () => {
  test.each<[string, object, RegExp]>([
    ['token auth that no URL may use', { tokenAuth: { tokenManager } }, /^tokenAuth needs a baseUrl or allowedOrigins/],
    ['no token manager', { baseUrl: 'https://a.example', tokenAuth: {} }, /^tokenAuth\.tokenManager must be/],
    ['an origin with a path', { tokenAuth: { tokenManager, allowedOrigins: ['https://a.example/x'] } }, /allowedOrigins/],
    ['an origin with a star', { tokenAuth: { tokenManager, allowedOrigins: ['*'] } }, /allowedOrigins/],
    [
      'a misspelt token option',
      { tokenAuth: { tokenManger: tokenManager } },
      /unknown option `tokenManger`; did you mean `tokenManager`\?/,
    ],
    ['half of a member', { basicAuth: { user: 'ada', password: 'p' } }, /^unknown option `user`: there are username, password$/],
    ['seconds', { timeoutMs: 0.5 }, /timeoutMs must be a whole number.*did you mean 500\?/],
    ['a negative time', { timeoutMs: -1 }, /timeoutMs/],
    ['a time that no timer can wait', { totalTimeoutMs: 2 ** 31 }, /totalTimeoutMs/],
    ['not a number', { timeoutMs: Number.NaN }, /timeoutMs/],
    ['a string', { timeoutMs: '30s' }, /timeoutMs/],
    ["another library's name", { baseURL: 'https://a.example' }, /`baseURL`; did you mean `baseUrl`\?/],
    ["yet another's", { prefix: 'https://a.example' }, /`prefix`; did you mean `baseUrl`\?/],
    ['half of basicAuth', { username: 'ada' }, /`username`; did you mean `basicAuth: \{ username, password \}`\?/],
    ['the inside of tokenAuth', { tokenManager }, /`tokenManager`; did you mean `tokenAuth: \{ tokenManager \}`\?/],
    [
      'a manager in place of the options around it',
      { baseUrl: 'https://a.example', tokenAuth: tokenManager },
      /`tokenAuth: \{ tokenManager \}`\?$/,
    ],
    [
      'a manager of many tokens',
      { baseUrl: 'https://a.example', tokenAuth: { tokenManager: { for: () => tokenManager } } },
      /^tokenAuth\.tokenManager must be a TokenManager: give the tokens of one subject, keyedTokenManager\.for\(subject\)/,
    ],
    [
      'a provider in place of the manager of tokenAuth',
      { tokenAuth: { provider: {} } },
      /`provider`; did you mean `tokenManager`\?/,
    ],
    ['an auth retry strategy beside tokenAuth', { authRetryStrategy: {} }, /did you mean `tokenAuth: \{ authRetryStrategy \}`\?/],
    ['excluded paths beside tokenAuth', { excludedPaths: [] }, /did you mean `tokenAuth: \{ excludedPaths \}`\?/],
    ['origins beside tokenAuth', { allowedOrigins: [] }, /did you mean `tokenAuth: \{ allowedOrigins \}`\?/],
    ['a bound beside redirects', { maxRedirects: 5 }, /did you mean `redirects: \{ maxRedirects \}`\?/],
    ['what is logged beside logging', { logBody: true }, /did you mean `logging: \{ logBody \}`\?/],
    ['a hook beside hooks', { onRetry: () => undefined }, /did you mean `hooks: \[\{ onRetry \}\]`\?/],
    ['an authority beside tls', { ca: 'x' }, /did you mean `tls: \{ ca \}`\?/],
    ['a number of retries', { maxRetries: 3 }, /did you mean `retryStrategy`\?/],
    ['a URL', { url: 'https://a.example' }, /did you mean `baseUrl`\?/],
    ['a header of a key', { apiKey: { key: 'k', header: 'X-Key' } }, /did you mean `headerName`\?/],
    [
      'a logger in place of the options around it',
      { logging: console },
      /^logging must be .*; did you mean `logging: \{ logger \}`\?$/,
    ],
    [
      'a provider in place of its manager',
      { baseUrl: 'https://a.example', tokenAuth: { tokenManager: { serviceName: 'a', fetchToken: async () => ({}) } } },
      /^tokenAuth\.tokenManager must be a TokenManager: wrap the provider, new TokenManager\(\{ provider \}\)/,
    ],
    ['a scheme before a token', { bearerToken: 'Bearer abc' }, /^bearerToken must be the token alone.*`Bearer` is put before it/],
    ['hooks that are functions', { hooks: [{}, () => undefined] }, /^hooks\[1\] must be an object \(got a function\)$/],
    ['middleware by name', { middleware: ['auth'] }, /^middleware\[0\] must be a function \(got a string\)$/],
    ['sensitive numbers', { logging: { sensitiveKeys: [5] } }, /^logging\.sensitiveKeys must hold names \(got 5\)$/],
    ['a signal', new AbortController().signal, /^the configuration must be an object.*\(got an AbortSignal\)$/],
    ['an empty pool', { poolMaxsize: 0 }, /poolMaxsize/],
    ['half a redirect', { redirects: { maxRedirects: 1.5 } }, /redirects\.maxRedirects/],
    ['a colon in a user name', { basicAuth: { username: 'a:b', password: 'p' } }, /basicAuth\.username/],
    ['a header that cannot be sent', { headers: { 'x-a': 'a\r\nb: c' } }, /"x-a"/],
    ['a header without a name', { headers: { '': 'x' } }, /header name/],
    ['a hook that nobody calls', { hooks: [{ beforeRequests: () => undefined }] }, /did you mean `beforeRequest`\?/],
    ['middleware that is none', { middleware: [undefined] }, /middleware/],
    ['half a clock', { clock: { now: () => 0 } }, /clock/],
    ['half a logger', { logging: { logger: { info: () => undefined } } }, /logging\.logger/],
  ])('%s', (_name, config, message) => {
    expect(() => resolveConfig(config)).toThrow(ConfigurationError)
    expect(() => resolveConfig(config)).toThrow(message)
  })

  test('also what a step of the builder is given in the place of its options', () => {
    expect(() => api().withApiKey('k', 'X-Key' as never)).toThrow(
      /^apiKey: its options must be an object, such as \{ headerName \} \(got a string\)$/,
    )
    expect(() => api().withLogging(console as never)).toThrow(/did you mean `logging: \{ logger \}`\?$/)
    expect(() =>
      api()
        .withTokenAuth(tokenManager as never)
        .build(),
    ).toThrow(/did you mean `tokenAuth: \{ tokenManager \}`\?$/)
  })

  test('a builder that was not built is no configuration', () => {
    expect(() => new HttpClient(api() as never)).toThrow(ConfigurationError)
    expect(() => new HttpClient(api() as never)).toThrow(/^the configuration is a builder: give what its build\(\) gives/)
    const client = new HttpClient({ baseUrl: 'https://a.example' })
    expect(() => client.extend(api() as never)).toThrow(/^the configuration is a builder/)
  })

  test('null is no configuration', () => {
    // The types forbid it; JavaScript does not.
    expect(() => resolveConfig(null as never)).toThrow(/the configuration must be an object/)
  })

  test.each<[string, object]>([
    ['apiKey', { apiKey: 'canary' }],
    ['apiKey.key', { apiKey: { key: 'canary\n' } }],
    ['apiKey.headerName', { apiKey: { key: 'k', headerName: null } }],
    [
      'tokenAuth.headerName',
      { baseUrl: 'https://a.example', tokenAuth: { tokenManager: { getToken: () => 1 }, headerName: null } },
    ],
    ['bearerToken', { bearerToken: 'canary\u0000' }],
    ['bearerToken', { bearerToken: ['canary'] }],
    ['basicAuth', { basicAuth: 'ada:canary' }],
    ['basicAuth.username', { basicAuth: { username: 'ada:canary', password: 'canary' } }],
    ['tokenAuth', { tokenAuth: 'canary' }],
    ['tokenAuth.tokenManager', { baseUrl: 'https://a.example', tokenAuth: { tokenManager: 'canary' } }],
    ['headers', { headers: { authorization: 'canary\r\n' } }],
    ['headers', { headers: 'canary' }],
    ['baseUrl', { baseUrl: 'https://ada:canary@a.example' }],
    ['baseUrl', { baseUrl: 'ada:canary@a.example' }],
    ['baseUrl', { baseUrl: 'https://a.example?token=canary' }],
    ['transport', { transport: 'canary' }],
  ])('a message about %s does not repeat a secret', (_name, config) => {
    expect(() => resolveConfig(config)).toThrow(ConfigurationError)
    expect(() => resolveConfig(config)).not.toThrow(/canary/)
  })
})

describe('what a configuration comes to', () => {
  test('where it says nothing', () => {
    expect(resolveConfig({})).toMatchObject({
      timeoutMs: 30_000,
      totalTimeoutMs: undefined,
      redirects: { follow: true, maxRedirects: 10 },
      pool: { connections: 10, maxsize: 20 },
      throwHttpErrors: true,
      maxResponseBytes: Number.POSITIVE_INFINITY,
      defaultHeaders: { accept: 'application/json, */*;q=0.8' },
      credentialHeaders: {},
      tokenAuth: undefined,
      logger: undefined,
    })
  })

  test('all default headers but three are credentials, in lower case', () => {
    const headers = { Accept: 'text/csv', 'Accept-Language': 'de', 'User-Agent': 'x/1', 'X-Team': 'blue' }
    const { defaultHeaders, credentialHeaders } = resolveConfig({ headers, apiKey: { key: 'k' }, bearerToken: 't' })
    expect(defaultHeaders).toEqual({ accept: 'text/csv', 'accept-language': 'de', 'user-agent': 'x/1' })
    expect(credentialHeaders).toEqual({ 'x-team': 'blue', 'x-api-key': 'k', authorization: 'Bearer t' })
  })

  test('basic credentials are UTF-8 (RFC 7617)', () => {
    const { credentialHeaders } = resolveConfig({ basicAuth: { username: 'test', password: '123£' } })
    expect(credentialHeaders['authorization']).toBe('Basic dGVzdDoxMjPCow==')
  })

  test('one auth retry, without delay, on 401', () => {
    const { tokenAuth } = resolveConfig({ baseUrl: 'https://a.example', tokenAuth: { tokenManager } })
    const rejection = { headers: new Headers(), data: undefined, request: { method: 'GET', url: '' } }
    expect(tokenAuth?.strategy.nextDelay({ ...rejection, retry: 0, status: 401 })).toBe(0)
    expect(tokenAuth?.strategy.nextDelay({ ...rejection, retry: 1, status: 401 })).toBeUndefined()
    expect(tokenAuth?.strategy.nextDelay({ ...rejection, retry: 0, status: 403 })).toBeUndefined()
    expect(tokenAuth?.headerName).toBe('authorization')
  })

  test("the base URL's origin and those listed are trusted, and no other", () => {
    const allowedOrigins = ['https://FILES.example.com:443', 'http://127.0.0.1:8080/']
    const { isTrustedOrigin } = resolveConfig({
      baseUrl: 'https://api.example.com/v1',
      tokenAuth: { tokenManager, allowedOrigins },
    })
    for (const origin of ['https://api.example.com', 'https://files.example.com', 'http://127.0.0.1:8080']) {
      expect(isTrustedOrigin(origin)).toBe(true)
    }
    for (const origin of ['http://api.example.com', 'https://api.example.com:444', 'null', '']) {
      expect(isTrustedOrigin(origin)).toBe(false)
    }
  })
})

describe('what would silently do nothing is an error that names the option', () => {
  test.each([
    ['bearerToken', (builder: HttpClientConfigBuilder) => builder.withBearerToken(undefined as never)],
    ['baseUrl', (builder: HttpClientConfigBuilder) => builder.withBaseUrl(undefined as never)],
    ['tokenAuth', (builder: HttpClientConfigBuilder) => builder.withTokenAuth(undefined as never)],
    ['basicAuth', (builder: HttpClientConfigBuilder) => builder.withBasicAuth(undefined as never)],
    ['headers', (builder: HttpClientConfigBuilder) => builder.withHeader('x-team', undefined as never)],
    ['headers', (builder: HttpClientConfigBuilder) => builder.withHeader(undefined as never, 'blue')],
  ])('%s', (option, step) => {
    expect(() => step(new HttpClientConfigBuilder())).toThrow(expect.objectContaining({ code: 'configuration', option }))
  })

  const tokenManager = { getToken: async () => ({ accessToken: 'a' }) }
  test.each([
    ['tokenAuth.headerPrefix', { tokenAuth: { tokenManager, headerPrefix: 'a\r\nb' } }],
    ['tokenAuth.tokenManager.replaceToken', { tokenAuth: { tokenManager: { ...tokenManager, replaceToken: 5 } } }],
    ['tokenAuth.allowedOrigins', { tokenAuth: { tokenManager, allowedOrigins: ['https://*.example.com'] } }],
    ['retryStrategy.breaker', { retryStrategy: { nextDelay: () => undefined, breaker: {} } }],
  ])('%s', (option, config) => {
    expect(() => resolveConfig({ baseUrl: 'https://api.example.com', ...(config as object) })).toThrow(
      expect.objectContaining({ code: 'configuration', option }),
    )
  })
})

test('a scheme is not given twice: neither with a bearer token, nor with the blank that stands behind it', () => {
  for (const token of ['Bearer canary', 'bearer  canary']) {
    expect(() => api().withBearerToken(token).build()).toThrow(/^bearerToken must be the token alone: `Bearer` is put before it$/)
  }
  for (const headerPrefix of ['Bearer ', ' Bearer', ' ', 'JWT\t']) {
    expect(() => api().withTokenAuth({ tokenManager, headerPrefix }).build()).toThrow(
      /^tokenAuth.headerPrefix must not begin or end with a blank: one is put behind it$/,
    )
  }
  for (const headerPrefix of ['', 'Bearer', 'OAuth realm="a b",']) api().withTokenAuth({ tokenManager, headerPrefix }).build()
  expect(api().withBearerToken('Bearer').build().bearerToken).toBe('Bearer')
})

test('what is given for a header name by mistake is not quoted', async () => {
  const given: [what: RegExp, attempt: () => unknown][] = [
    [/^headers: what begins with "Bearer" is no/, () => api().withHeader('Bearer canary', 'authorization')],
    [/^headers: what begins with "Authorization" is no/, () => api().withHeaders({ 'Authorization: Bearer canary': '' })],
    [/^headers: what was given is no/, () => api().withHeader('canary1 key', 'x')],
    [/^headers: what was given is no/, () => api().withHeader('canary1 key', undefined as never)],
    [/^apiKey.headerName: what was given is no/, () => api().withApiKey('X-API-Key', { headerName: 'canary key' }).build()],
    [
      /^tokenAuth.headerName: what was given is no/,
      () => api().withTokenAuth({ tokenManager, headerName: 'canary key', headerPrefix: '\n' }).build(),
    ],
  ]
  for (const [what, attempt] of given) {
    expect(attempt).toThrow(what)
    expect(attempt).not.toThrow('canary')
  }
  const transport = async (): Promise<Response> => new Response()
  const pending = new HttpClient({ transport }).get('http://x/', { headers: { 'Authorization: Bearer canary': '' } })
  await expect(pending).rejects.toThrow(/^headers: what begins with "Authorization" is no header name \(RFC 9110 section 5.1\)$/)
})

test('a built configuration shows no secret where it is logged, and is plain all the same', async () => {
  const config = api()
    .withApiKey('canary')
    .withBasicAuth({ username: 'ada', password: 'canary' })
    .withHeaders({ 'x-team': 'canary', accept: 'text/csv' })
    .withTls({ key: '-----BEGIN canary', cert: '-----BEGIN canary', passphrase: 'canary', minVersion: 'TLSv1.3' })
    .withProxy('http://ada:canary@proxy.example:8080')
    .build()
  const shown = {
    baseUrl: 'https://api.example.com',
    apiKey: { key: '***' },
    basicAuth: { username: 'ada', password: '***' },
    headers: { 'x-team': '***', accept: 'text/csv' },
    tls: { key: '***', cert: '***', passphrase: '***', minVersion: 'TLSv1.3' },
    proxy: 'http://proxy.example:8080',
  }
  expect(JSON.parse(JSON.stringify(config))).toEqual(shown)
  expect(inspect(config)).toBe(inspect(shown))
  expect(inspect({ config: api().withBearerToken('canary').build() })).not.toContain('canary')
  expect(Object.keys(config).toSorted()).toEqual(Object.keys(shown).toSorted())
  expect(Reflect.ownKeys({ ...config })).toEqual(Object.keys(config))
  expect(config.basicAuth).toEqual({ username: 'ada', password: 'canary' })
  const seen: unknown[] = []
  const transport = async (_url: string, init: RequestInit): Promise<Response> => {
    seen.push(new Headers(init.headers).get('x-api-key'))
    return new Response()
  }
  const plain = api().withApiKey('canary').withTransport(transport).build()
  await new HttpClient(plain).get('/')
  await new HttpClient({ baseUrl: 'https://api.example.com' }).extend(plain).get('/')
  await new HttpClient({ ...plain }).get('/')
  expect(seen).toEqual(['canary', 'canary', 'canary'])
  expect(inspect(api().withProxy(false).build())).toContain('proxy: false')
})
