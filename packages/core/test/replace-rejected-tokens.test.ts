import { describe, expect, test } from 'vitest'
import { AuthenticationError, ForbiddenError, UnauthorizedError } from '../src/errors.ts'
import { HttpClient } from '../src/http-client.ts'
import type { TokenSource } from '../src/token-source.ts'
import { failureOf } from './fixtures/failure.ts'
import { type Loopback, loopback, sendJson } from './fixtures/loopback.ts'
import { CountingTokens } from './fixtures/tokens.ts'

/** An API that takes one token and no other. */
async function apiThatTakes(accepted: string): Promise<Loopback> {
  return loopback((request, response) =>
    sendJson(response, request.headers.authorization === `Bearer ${accepted}` ? 200 : 401, {}),
  )
}

function clientOf(api: Loopback, tokenManager: TokenSource, more: object = {}): HttpClient {
  return new HttpClient({ baseUrl: api.origin, tokenAuth: { tokenManager, excludedPaths: ['/health'], ...more } })
}

describe('a 401', () => {
  test('has the rejected token replaced, and the request is sent again with the new one', async () => {
    const [api, tokens] = [await apiThatTakes('token-2'), new CountingTokens()]
    const response = await clientOf(api, tokens).post('/users', { json: { a: 1 } })
    expect(response).toMatchObject({ status: 200, attempts: 2 })
    expect(tokens.rejected).toEqual(['token-1'])
    expect(api.requests.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}'])
  })

  test('is followed by the token that replaceToken gave, whatever getToken and peekToken still give, and with logging too', async () => {
    const api = await apiThatTakes('new')
    const old = { accessToken: 'old' }
    const replaceToken = async () => ({ accessToken: 'new' })
    const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
    for (const tokenManager of [
      { getToken: async () => old, replaceToken },
      { getToken: async () => old, peekToken: () => old, replaceToken },
    ]) {
      expect(await clientOf(api, tokenManager).get('/')).toMatchObject({ status: 200, attempts: 2 })
      const logging = { logger: silent }
      const client = new HttpClient({ baseUrl: api.origin, tokenAuth: { tokenManager }, logging })
      expect(await client.get('/')).toMatchObject({ status: 200, attempts: 2 })
    }
  })

  test('to the new token too is the end: UnauthorizedError after two sends', async () => {
    const [api, tokens] = [await apiThatTakes('none'), new CountingTokens()]
    const error = await failureOf(clientOf(api, tokens).get('/'))
    expect(error).toBeInstanceOf(UnauthorizedError)
    expect(error).toMatchObject({ code: 'http_401', status: 401, attempts: 2 })
    expect(tokens.rejected).toHaveLength(1)
  })

  test('to the new token is returned where error statuses do not throw', async () => {
    const api = await apiThatTakes('none')
    expect((await clientOf(api, new CountingTokens()).get('/', { throwHttpErrors: false })).status).toBe(401)
  })

  test.each([true, false])(
    'whose token cannot be replaced is an AuthenticationError (throwHttpErrors: %s)',
    async (throwHttpErrors) => {
      const api = await apiThatTakes('none')
      const cause = new Error('the identity provider is gone')
      const tokenManager = { getToken: async () => ({ accessToken: 'a' }), replaceToken: () => Promise.reject(cause) }
      const error = await failureOf(clientOf(api, tokenManager).get('/', { throwHttpErrors }))
      expect(error).toBeInstanceOf(AuthenticationError)
      expect(error).toMatchObject({ code: 'authentication', cause })
    },
  )

  test("keeps the token source's own AuthenticationError", async () => {
    const api = await apiThatTakes('none')
    const own = new AuthenticationError('no', { serviceName: 'billing' })
    const tokenManager = { getToken: async () => ({ accessToken: 'a' }), replaceToken: () => Promise.reject(own) }
    expect(await failureOf(clientOf(api, tokenManager).get('/'))).toBe(own)
  })

  test('is final where the token source cannot replace', async () => {
    const api = await apiThatTakes('none')
    const error = await failureOf(clientOf(api, { getToken: async () => ({ accessToken: 'a' }) }).get('/'))
    expect(error).toBeInstanceOf(UnauthorizedError)
    expect(api.requests).toHaveLength(1)
  })

  test('to a body that cannot be sent again is final, but the next request has a new token', async () => {
    const [api, tokens] = [await apiThatTakes('token-2'), new CountingTokens()]
    const client = clientOf(api, tokens)
    const error = await failureOf(client.post('/', { body: new Blob(['once']).stream() }))
    expect(error).toBeInstanceOf(UnauthorizedError)
    expect(error).toMatchObject({ attempts: 1 })
    expect((await client.get('/')).attempts).toBe(1)
  })

  test("to the caller's own Authorization is not retried, and no token is fetched", async () => {
    const [api, tokens] = [await apiThatTakes('none'), new CountingTokens()]
    const error = await failureOf(clientOf(api, tokens).get('/', { headers: { Authorization: 'Bearer own' } }))
    expect(error).toBeInstanceOf(UnauthorizedError)
    expect(api.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer own'])
    expect([tokens.getCount, tokens.rejected]).toEqual([0, []])
  })

  test('of an excluded path refreshes nothing', async () => {
    const [api, tokens] = [await apiThatTakes('none'), new CountingTokens()]
    expect(await failureOf(clientOf(api, tokens).get('/health'))).toBeInstanceOf(UnauthorizedError)
    expect(api.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
    expect([tokens.getCount, tokens.rejected]).toEqual([0, []])
  })

  test('of another origin refreshes nothing, and that origin never saw a token', async () => {
    const [api, foreign, tokens] = [await apiThatTakes('x'), await apiThatTakes('none'), new CountingTokens()]
    expect(await failureOf(clientOf(api, tokens).get(`${foreign.origin}/`))).toBeInstanceOf(UnauthorizedError)
    expect(foreign.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
    expect([tokens.getCount, tokens.rejected]).toEqual([0, []])
  })

  test('is asked of the auth retry strategy as often as it likes, with the number of the retry and the body', async () => {
    const api = await loopback((_request, response, count) => sendJson(response, count < 4 ? 401 : 200, { count }))
    const asked: unknown[] = []
    const authRetryStrategy = {
      nextDelay: ({ retry, status, data }: { retry: number; status: number; data: unknown }) => {
        asked.push([retry, status, data])
        return 0
      },
    }
    expect((await clientOf(api, new CountingTokens(), { authRetryStrategy }).get('/')).attempts).toBe(4)
    expect(asked).toEqual([
      [0, 401, { count: 1 }],
      [1, 401, { count: 2 }],
      [2, 401, { count: 3 }],
    ])
  })
})

test('a challenge that says invalid_token counts, whatever the body says of scopes', async () => {
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
  const api = await loopback((_request, response) => sendJson(response, 401, { error: 'insufficient_scope' }, headers))
  const tokens = new CountingTokens()
  await failureOf(clientOf(api, tokens).get('/'))
  expect(tokens.rejected).toEqual(['token-1'])
})

describe('what is not a rejected token', () => {
  test.each([401, 403])('%i with insufficient_scope', async (status) => {
    const headers = { 'www-authenticate': 'Bearer realm="api", error="insufficient_scope", scope="admin"' }
    const api = await loopback((_request, response) => sendJson(response, status, {}, headers))
    const tokens = new CountingTokens()
    const authRetryStrategy = { nextDelay: () => 0 }
    await failureOf(clientOf(api, tokens, { authRetryStrategy }).get('/'))
    expect(tokens.rejected).toEqual([])
  })

  test.each([
    ['blanks around the sign', { 'www-authenticate': 'Bearer error = "insufficient_scope"' }, {}],
    ['single quotes', { 'www-authenticate': "Bearer realm='api', error='insufficient_scope'" }, {}],
    ['nothing but its body', {}, { error: 'insufficient_scope', scope: 'admin' }],
  ])('nor a 403 that says so with %s', async (_how, headers, body) => {
    const api = await loopback((_request, response) => sendJson(response, 403, body, headers))
    const tokens = new CountingTokens()
    const authRetryStrategy = { nextDelay: ({ retry }: { retry: number }) => (retry === 0 ? 0 : undefined) }
    await failureOf(clientOf(api, tokens, { authRetryStrategy }).get('/'))
    expect(tokens.rejected).toEqual([])
  })

  test('403, unless the strategy says so', async () => {
    const api = await loopback((_request, response) => sendJson(response, 403, {}))
    const tokens = new CountingTokens()
    expect(await failureOf(clientOf(api, tokens).get('/'))).toBeInstanceOf(ForbiddenError)
    expect(tokens.rejected).toEqual([])
    const authRetryStrategy = { nextDelay: ({ retry }: { retry: number }) => (retry === 0 ? 0 : undefined) }
    await failureOf(clientOf(api, tokens, { authRetryStrategy }).get('/'))
    expect(tokens.rejected).toEqual(['token-1'])
  })

  test.each([500, 502])('%i, whatever the strategy says', async (status) => {
    const api = await loopback((_request, response) => sendJson(response, status, {}))
    const tokens = new CountingTokens()
    await failureOf(clientOf(api, tokens, { authRetryStrategy: { nextDelay: () => 0 } }).get('/'))
    expect(tokens.rejected).toEqual([])
  })
})

describe('the token header', () => {
  test.each([
    [{}, { accessToken: 'a' }, 'authorization', 'Bearer a'],
    [{}, { accessToken: 'a', tokenType: 'bearer' }, 'authorization', 'Bearer a'],
    [{}, { accessToken: 'a', tokenType: 'MAC' }, 'authorization', 'MAC a'],
    [{ headerPrefix: 'Token' }, { accessToken: 'a' }, 'authorization', 'Token a'],
    [{ headerPrefix: '' }, { accessToken: 'a' }, 'authorization', 'a'],
    [{ headerName: 'X-Auth' }, { accessToken: 'a' }, 'x-auth', 'Bearer a'],
  ])('with %j and %j is %s: %s', async (options, token, name, value) => {
    const api = await loopback((_request, response) => sendJson(response, 200, {}))
    await clientOf(api, { getToken: async () => token }, options).get('/')
    expect(api.requests[0]?.headers[name]).toBe(value)
  })

  test.each(['a\r\nx-injected: 1', 'a\nb', 'a\0b', '', 'a\u{1F511}'])('never carries %j', async (accessToken) => {
    const api = await loopback((_request, response) => sendJson(response, 200, {}))
    const error = await failureOf(clientOf(api, { getToken: async () => ({ accessToken }) }).get('/'))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(api.requests).toHaveLength(0)
    if (accessToken !== '') expect(String(error)).not.toContain(accessToken)
  })

  test('auth: false sends none', async () => {
    const [api, tokens] = [await apiThatTakes('none'), new CountingTokens()]
    await failureOf(clientOf(api, tokens).get('/', { auth: false }))
    expect(api.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
    expect(tokens.getCount).toBe(0)
  })
})

test('a token at hand is used without asking for a promise', async () => {
  const api = await apiThatTakes('held')
  const tokenManager: TokenSource = {
    peekToken: () => ({ accessToken: 'held' }),
    getToken: () => Promise.reject(new Error('nobody should ask')),
  }
  expect((await clientOf(api, tokenManager).get('/')).status).toBe(200)
})

test('a peekToken() that throws is an AuthenticationError of its call, or the own error that it is', async () => {
  const thrown = [new TypeError('no such key'), new AuthenticationError('log in again', { serviceName: 'mail' })]
  const tokenManager: TokenSource = {
    peekToken: () => {
      throw thrown.shift()
    },
    getToken: () => Promise.reject(new Error('nobody should ask')),
  }
  const api = await apiThatTakes('none')
  const client = clientOf(api, tokenManager)
  const request = { method: 'GET', url: `${api.origin}/` }
  const failed = 'no token could be had: the token source failed'
  expect(await failureOf(client.get('/'))).toMatchObject({ code: 'authentication', message: failed, request })
  expect(await failureOf(client.get('/'))).toMatchObject({ message: 'log in again', serviceName: 'mail', request })
  expect(api.requests).toEqual([])
})

describe('a token source that gives', () => {
  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['an empty object', {}],
    ['a token type that is no string', { accessToken: 'a', tokenType: 7 }],
    ['a token with a line break', { accessToken: 'a\nb' }],
  ])('%s is an AuthenticationError, and nothing is sent', async (_, token) => {
    const api = await apiThatTakes('none')
    // What JavaScript lets through.
    const tokenManager = { getToken: async () => token } as TokenSource
    expect(await failureOf(clientOf(api, tokenManager).get('/'))).toBeInstanceOf(AuthenticationError)
    expect(api.requests).toEqual([])
  })
})

test('a token source that changes the one object it gives is believed', async () => {
  const api = await apiThatTakes('second')
  const token = { accessToken: 'first' }
  const client = clientOf(api, { getToken: async () => token })
  await failureOf(client.get('/'))
  token.accessToken = 'second'
  expect((await client.get('/')).status).toBe(200)
})

test('a POST that a redirect says was carried out is not sent again when the target rejects the token; the next call has another', async () => {
  const server = await loopback((request, response) => {
    if (request.method === 'POST') response.writeHead(303, { location: '/made' }).end()
    else sendJson(response, request.headers.authorization === 'Bearer token-1' ? 401 : 200, {})
  })
  const client = new HttpClient({ baseUrl: server.origin, tokenAuth: { tokenManager: new CountingTokens() } })
  await expect(client.post('/', { json: 1 })).rejects.toMatchObject({ status: 401 })
  expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
  expect((await client.get('/made')).status).toBe(200)
})

test('a POST that was rejected, and whose next token was not to be had at first, is sent again by a retry strategy', async () => {
  const server = await loopback((request, response) =>
    sendJson(response, request.headers.authorization === 'Bearer one' ? 401 : 200, {}),
  )
  let replacements = 0
  const tokenManager: TokenSource = {
    getToken: async () => ({ accessToken: replacements === 0 ? 'one' : 'two' }),
    replaceToken: async () => {
      replacements++
      throw new AuthenticationError('away for a moment', { retryable: true })
    },
  }
  const retryStrategy = { nextDelay: ({ retry }: { retry: number }) => (retry === 0 ? 0 : undefined) }
  const client = new HttpClient({ baseUrl: server.origin, tokenAuth: { tokenManager }, retryStrategy })
  expect((await client.post('/', { json: 1 })).status).toBe(200)
})

describe('auth retries of one call are counted through its request retries', () => {
  const simple = {
    nextDelay: ({ retry, status = 0 }: { retry: number; status?: number | undefined }) =>
      status === 503 && retry < 5 ? 0 : undefined,
  }

  test.each([
    [undefined, 'rejected', [0, 1]],
    [2, 'answered', [0, 1]],
  ] as const)('with at most %s of them, 401 503 401 200 is %s', async (most, end, retries) => {
    const api = await loopback((_request, response, count) => sendJson(response, [401, 503, 401][count - 1] ?? 200, {}))
    const [tokens, asked] = [new CountingTokens(), [] as number[]]
    const authRetryStrategy = {
      nextDelay: ({ retry, status }: { retry: number; status: number }) => {
        asked.push(retry)
        return status === 401 && retry < (most ?? 1) ? 0 : undefined
      },
    }
    const tokenAuth = { tokenManager: tokens, authRetryStrategy }
    const outcome = await new HttpClient({ baseUrl: api.origin, retryStrategy: simple, tokenAuth })
      .get('/')
      .catch((error) => error)
    expect(asked).toEqual(retries)
    expect(outcome).toMatchObject(end === 'answered' ? { status: 200, attempts: 4 } : { code: 'http_401', attempts: 3 })
  })

  test('so a 401 after the last 503 still has its token replaced', async () => {
    const api = await loopback((_request, response, count) => sendJson(response, [503, 503, 401][count - 1] ?? 200, {}))
    const tokenAuth = { tokenManager: new CountingTokens() }
    const client = new HttpClient({ baseUrl: api.origin, retryStrategy: simple, tokenAuth })
    expect(await client.get('/')).toMatchObject({ status: 200, attempts: 4 })
  })
})
