import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../src/errors.ts'
import type { Handler, HttpRequest, Middleware } from '../src/handler.ts'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson } from './fixtures/loopback.ts'
import { CountingTokens } from './fixtures/tokens.ts'

async function orderOf(statuses: readonly number[], path = '/users'): Promise<string[]> {
  const order: string[] = []
  const server = await loopback((request, response, count) => {
    order.push(`server ${request.path} ${request.headers.authorization}`)
    sendJson(response, statuses[count - 1] ?? 200, {})
  })
  const tokens = new CountingTokens()
  const client = new HttpClient({
    baseUrl: server.origin,
    tokenAuth: {
      tokenManager: {
        getToken: () => {
          order.push('token')
          return tokens.getToken()
        },
        replaceToken: (rejected) => {
          order.push('new token')
          return tokens.replaceToken(rejected)
        },
      },
    },
    retryStrategy: { nextDelay: ({ retry, status }) => (status === 503 && retry < 2 ? 0 : undefined) },
    middleware: [
      (next) => async (request) => {
        order.push('middleware in')
        const response = await next(request)
        order.push(`middleware out ${response.status}`)
        return response
      },
    ],
    hooks: [
      {
        beforeRequest: ({ attempt, headers }) => {
          order.push(`beforeRequest ${attempt}${'authorization' in headers ? ' SEES THE TOKEN' : ''}`)
        },
        afterResponse: ({ status }) => {
          order.push(`afterResponse ${status}`)
        },
        onRetry: ({ kind, delayMs }) => {
          order.push(`onRetry ${kind} ${delayMs}`)
        },
        onError: (error) => {
          order.push(`onError ${error instanceof Error ? error.name : ''}`)
        },
      },
    ],
  })
  await client.get(path).catch((error: unknown) => order.push(`rejected ${error instanceof Error ? error.name : ''}`))
  await client.close()
  return order
}

test('the order of one request is the documented one', async () => {
  expect(await orderOf([200])).toEqual([
    'middleware in',
    'beforeRequest 1',
    'token',
    'server /users Bearer token-1',
    'afterResponse 200',
    'middleware out 200',
  ])
})

test('a request that ends in an error status shows it to afterResponse and middleware as a response, and to onError once as an error', async () => {
  expect(await orderOf([404])).toEqual([
    'middleware in',
    'beforeRequest 1',
    'token',
    'server /users Bearer token-1',
    'afterResponse 404',
    'middleware out 404',
    'onError NotFoundError',
    'rejected NotFoundError',
  ])
})

test('request retries stand around auth retries, and neither uses up the other', async () => {
  expect(await orderOf([503, 401, 503, 200])).toEqual([
    'middleware in',
    'beforeRequest 1',
    'token',
    'server /users Bearer token-1',
    'onRetry request 0',
    'beforeRequest 2',
    'token',
    'server /users Bearer token-1',
    'onRetry auth 0',
    'new token',
    'beforeRequest 3',
    'server /users Bearer token-2',
    'onRetry request 0',
    'beforeRequest 4',
    'token',
    'server /users Bearer token-2',
    'afterResponse 200',
    'middleware out 200',
  ])
})

test('the middleware that was added first is outermost, and may answer by itself', async () => {
  const order: string[] = []
  const server = await loopback((_request, response) => sendJson(response, 200, {}))
  const client = new HttpClient({
    baseUrl: server.origin,
    middleware: ['first', 'second'].map((name) => (next) => (request) => {
      order.push(name)
      return next(request)
    }),
  })
  await client.get('/')
  expect(order).toEqual(['first', 'second'])
})

test('what beforeRequest returns is sent, and headers do not pile up over retries', async () => {
  const server = await loopback((_request, response, count) => sendJson(response, count < 3 ? 503 : 200, {}))
  const client = new HttpClient({
    baseUrl: server.origin,
    retryStrategy: { nextDelay: () => 0 },
    hooks: [
      {
        beforeRequest: (request) => ({
          ...request,
          headers: { ...request.headers, 'x-trail': `${request.headers['x-trail'] ?? ''}${request.attempt}` },
        }),
      },
    ],
  })
  await client.get('/')
  expect(server.requests.map(({ headers }) => headers['x-trail'])).toEqual(['1', '2', '3'])
})

test.each([
  ['an excluded path, encoded', '/%68ealth', '/%68ealth', undefined],
  ['a full URL in other letters', 'HTTP://', '/users', 'Bearer canary'],
  ['a fragment', '/users#part', '/users', 'Bearer canary'],
])('a URL that a hook or a middleware puts in is normalised first: %s', async (_, given, path, authorization) => {
  const server = await loopback((_request, response) => sendJson(response, 200, {}))
  const url = given === 'HTTP://' ? server.origin.replace('http://', 'HTTP://').concat('/users') : given
  const tokenAuth = { tokenManager: { getToken: async () => ({ accessToken: 'canary' }) }, excludedPaths: ['/health'] }
  const hook = { beforeRequest: (request: HttpRequest) => ({ ...request, url }) }
  const middleware =
    (next: Handler): Handler =>
    (request) =>
      next({ ...request, url })
  await new HttpClient({ baseUrl: server.origin, tokenAuth, hooks: [hook] }).get('/')
  await new HttpClient({ baseUrl: server.origin, tokenAuth, middleware: [middleware] }).get('/')
  expect(server.requests.map((request) => [request.path, request.headers.authorization])).toEqual([
    [path, authorization],
    [path, authorization],
  ])
})

test.each([true, false])(
  'the next hook is given what a hook passed on as it will be sent (asynchronous: %s)',
  async (isAsync) => {
    const seen: HttpRequest[] = []
    const change = (request: HttpRequest): HttpRequest => ({ ...request, url: '/users#part', headers: { 'X-Own': '1' } })
    const client = new HttpClient({
      baseUrl: 'https://api.example.com/v1',
      transport: async () => new Response('{}'),
      hooks: [
        { beforeRequest: (request) => (isAsync ? Promise.resolve(change(request)) : change(request)) },
        { beforeRequest: (request) => void seen.push(request) },
      ],
    })
    await client.get('/')
    expect(seen).toMatchObject([{ url: 'https://api.example.com/v1/users', headers: { 'x-own': '1' } }])
  },
)

test.each(['onRetry', 'onError'])('an asynchronous %s is awaited, and what it rejects with rejects the call', async (name) => {
  const server = await loopback((_request, response) => sendJson(response, 503, {}))
  const order: string[] = []
  const slow = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve))
    order.push('slow')
  }
  const rejecting = async (): Promise<void> => {
    order.push('rejecting')
    throw new Error('from the hook')
  }
  const client = new HttpClient({
    baseUrl: server.origin,
    retryStrategy: { nextDelay: ({ retry }) => (retry === 0 ? 0 : undefined) },
    hooks: [{ [name]: slow }, { [name]: rejecting }],
  })
  expect(await failureOf(client.get('/'))).toEqual(new Error('from the hook'))
  expect(order).toEqual(['slow', 'rejecting'])
})

test.each<[string, object]>([
  ['another host in disguise', { url: '//evil.example' }],
  ['dots that climb', { url: '/..\\..' }],
  ['no URL', { url: null }],
  ['no method', { method: 'G ET' }],
  ['a header with a line break', { headers: { 'x-a': 'b\r\nc: d' } }],
])('what a hook puts in is checked as what callers give: %s', async (_, changes) => {
  const server = await loopback((_request, response) => sendJson(response, 200, {}))
  const hook = { beforeRequest: (request: HttpRequest) => ({ ...request, ...changes }) }
  const client = new HttpClient({ baseUrl: `${server.origin}/v1`, hooks: [hook] })
  expect(await failureOf(client.get('/'))).toBeInstanceOf(ConfigurationError)
  expect(server.requests).toEqual([])
})

test('a hook that throws rejects its call with what it threw', async () => {
  const server = await loopback((_request, response) => sendJson(response, 200, {}))
  const client = new HttpClient({
    baseUrl: server.origin,
    hooks: [
      {
        beforeRequest: () => {
          throw new TypeError('signing failed')
        },
      },
    ],
  })
  await expect(client.get('/')).rejects.toThrow(new TypeError('signing failed'))
  expect(server.requests).toHaveLength(0)
})

test('a middleware may send twice at once, and an abort ends both', async () => {
  const server = await loopback(() => undefined)
  const controller = new AbortController()
  const client = new HttpClient({
    baseUrl: server.origin,
    middleware: [(next) => (request) => Promise.any([next(request), next(request)])],
  })
  const failure = failureOf(client.get('/', { signal: controller.signal }))
  await expect.poll(() => server.requests).toHaveLength(2)
  const reason = new Error('enough')
  controller.abort(reason)
  expect(await failure).toBe(reason)
})

test('a middleware that answers with a Response of the platform is a status error of the request', async () => {
  const middleware = () => async () => new Response('{"why":"maintenance"}', { status: 503 }) as never
  const client = new HttpClient({ baseUrl: 'https://api.example.com', middleware: [middleware] })
  expect(await failureOf(client.get('/users'))).toMatchObject({
    message: 'GET https://api.example.com/users: answered 503',
    attempts: 0,
    data: { why: 'maintenance' },
  })
})

describe('a middleware', () => {
  const clientOf = (...middleware: unknown[]): HttpClient =>
    // JavaScript lets all of these through.
    new HttpClient({
      baseUrl: 'http://api.example',
      transport: async () => new Response('{}'),
      middleware: middleware as Middleware[],
    })
  const outer: Middleware = (next) => (request) => next(request).then((response) => response)

  test('may answer without a promise', async () => {
    const plain = () => () => new Response('own')
    expect(await clientOf(plain).get('/').text()).toBe('own')
    expect(await clientOf(outer, plain).get('/').text()).toBe('own')
  })

  test.each<[string, unknown, RegExp]>([
    ['forgets to return', (next: Handler) => (request: HttpRequest) => void next(request), /no response.*undefined.*return/],
    ['forgets to return a promise', (next: Handler) => async (request: HttpRequest) => void (await next(request)), /no response/],
    ['gives null', () => async () => null, /no response.*null/],
    ['gives something else', () => async () => 'canary', /no response.*a string/],
    ['forgets to return its handler', () => undefined, /no handler.*undefined/],
  ])('that %s is a ConfigurationError', async (_what, middleware, message) => {
    for (const client of [clientOf(middleware), clientOf(outer, middleware)]) {
      const error = await failureOf(client.get('/'))
      expect(error).toMatchObject({ code: 'configuration', option: 'middleware', message: expect.stringMatching(message) })
      expect(String(error)).not.toContain('canary')
    }
  })
})

test.each([
  ['a number', 'a number'.length],
  ['true', true],
  ['a promise of an object', Promise.resolve({})],
])('an afterResponse hook that gives no response, but %s, is told so', async (_what, given) => {
  const { origin } = await loopback((_request, response) => sendJson(response, 200, {}))
  for (const throwHttpErrors of [true, false]) {
    const client = new HttpClient({ baseUrl: origin, throwHttpErrors, hooks: [{ afterResponse: () => given as never }] })
    const error = await failureOf(client.get('/'))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ option: 'hooks', message: expect.stringMatching(/^an afterResponse hook gave no response/) })
  }
})

test.each([1, 2])('a middleware that passes on no request is told so, as the first of %i', async (count) => {
  const forgetful = (next: Handler) => () => (next as () => ReturnType<Handler>)()
  const reading = (next: Handler) => (request: HttpRequest) => next({ ...request, headers: { ...request.headers } })
  const middleware = [forgetful, reading].slice(0, count)
  const client = new HttpClient({ baseUrl: 'https://api.example.com', middleware, transport: async () => new Response('{}') })
  await expect(client.get('/')).rejects.toThrow(/^a middleware passed on no request: write next\(request\)$/)
})

test.each([
  ['a number', 'a number'.length],
  ['true', true],
  ['headers alone', { headers: { 'x-a': 'canary' } }],
  ['a promise of a string', Promise.resolve('canary')],
])('a beforeRequest hook that gives no request, but %s, is told so', async (_what, given) => {
  const client = new HttpClient({ baseUrl: 'http://127.0.0.1:1', hooks: [{ beforeRequest: () => given as never }] })
  const error = await failureOf(client.get('/'))
  expect(error).toBeInstanceOf(ConfigurationError)
  expect(error).toMatchObject({ option: 'hooks', message: expect.stringMatching(/^a beforeRequest hook gave no request \(got /) })
  expect(String(error)).not.toContain('canary')
})

test.each([
  ['headers', { headers: undefined }, /^headers must be an object/],
  ['url', { url: undefined }, /^url must be a string/],
  ['method', { method: undefined }, /^method must be one of/],
])('of a request that has lost its %s, hooks and middleware are told that', async (option, lost, message) => {
  const change = (request: HttpRequest): HttpRequest => Object.assign({ ...request }, lost)
  const middleware = (next: Handler) => (request: HttpRequest) => next(change(request))
  for (const config of [{ hooks: [{ beforeRequest: change }] }, { middleware: [middleware] }]) {
    const error = await failureOf(new HttpClient({ baseUrl: 'http://127.0.0.1:1', ...config }).get('/'))
    expect(error).toMatchObject({ code: 'configuration', option, message: expect.stringMatching(message) })
  }
})

test('a middleware that passes on the context alone is told so', async () => {
  const middleware = [(next: Handler) => (request: HttpRequest) => next({ context: request.context } as never)]
  const error = await failureOf(new HttpClient({ baseUrl: 'http://127.0.0.1:1', middleware }).get('/'))
  expect(error).toMatchObject({ option: 'middleware', message: expect.stringMatching(/^a middleware passed on no request/) })
})

test.each([undefined, 'canary', { headers: {} }])(
  'a middleware that passes on %j, which is no request, is told so',
  async (given) => {
    const middleware = [(next: Handler) => () => next(given as never)]
    const error = await failureOf(new HttpClient({ baseUrl: 'http://127.0.0.1:1', middleware }).get('/'))
    expect(error).toMatchObject({ code: 'configuration', message: expect.stringContaining('middleware') })
  },
)

test('a middleware that loses the context of its request is told so', async () => {
  const middleware = [(next: Handler) => (request: HttpRequest) => next({ ...request, context: new Map() })]
  const client = new HttpClient({ baseUrl: 'http://127.0.0.1:1', middleware })
  expect(await failureOf(client.get('/'))).toMatchObject({ code: 'configuration' })
})

test('one line is logged for each attempt, none of them with a credential', async () => {
  const server = await loopback((_request, response, count) => sendJson(response, [503, 401][count - 1] ?? 200, {}))
  const lines: unknown[][] = []
  const line = (...line: unknown[]): void => void lines.push(line)
  const client = new HttpClient({
    baseUrl: server.origin,
    headers: { 'x-secret': 'canary-header' },
    tokenAuth: { tokenManager: new CountingTokens() },
    retryStrategy: { nextDelay: () => 0 },
    logging: { logger: { debug: line, info: line, warn: line, error: line }, logHeaders: true, logBody: true },
  })
  await client.get('/users', { params: { key: 'canary-query' }, headers: { cookie: 'canary-cookie' } })
  expect(lines.map(([, fields]) => fields)).toMatchObject([
    { attempt: 1, status: 503 },
    { attempt: 2, status: 401 },
    { attempt: 3, status: 200 },
  ])
  expect(JSON.stringify(lines)).not.toMatch(/canary|token-\d/)
})

test('what a hook changes in place is refused, with options and without', async () => {
  const hooks = [
    {
      beforeRequest: (request: HttpRequest): void => {
        Reflect.set(request.headers, 'x-n', 'y')
        expect(request.headers).not.toHaveProperty('x-n')
      },
    },
  ]
  const client = new HttpClient({ baseUrl: 'http://api.example', transport: async () => new Response(''), hooks })
  expect((await client.get('/')).status).toBe(200)
  expect((await client.get('/', { headers: { a: 'b' } })).status).toBe(200)
})

describe('the body that a middleware passes on', () => {
  const again = { nextDelay: ({ retry }: { retry: number }) => (retry < 2 ? 0 : undefined) }
  const passing =
    (change: (request: HttpRequest) => HttpRequest) =>
    (next: Handler): Handler =>
    (request) =>
      next(change(request))

  test('is not sent again where it is a stream, and the error is the real one', async () => {
    const server = await loopback((_request, response) => sendJson(response, 503, {}))
    const middleware = [passing((request) => ({ ...request, body: new Blob(['streamed']).stream() }))]
    const client = new HttpClient({ baseUrl: server.origin, retryStrategy: again, middleware })
    expect(await failureOf(client.put('/', { json: 1 }))).toMatchObject({
      code: 'http_503',
      attempts: 1,
      notRetried: 'the body is not replayable: give a function that makes it',
    })
    expect(server.requests.map(({ body }) => body)).toEqual(['streamed'])
  })

  test('ends with its 401 where it is a stream', async () => {
    const server = await loopback((_request, response) => sendJson(response, 401, {}))
    const tokens = new CountingTokens()
    const middleware = [passing((request) => ({ ...request, body: new Blob(['streamed']).stream() }))]
    const client = new HttpClient({ baseUrl: server.origin, tokenAuth: { tokenManager: tokens }, middleware })
    expect(await failureOf(client.put('/', { json: 1 }))).toMatchObject({ code: 'http_401', attempts: 1 })
    expect(tokens.rejected).toEqual(['token-1'])
  })

  test('is a ConfigurationError with GET and HEAD, for hooks too', async () => {
    const server = await loopback((_request, response) => sendJson(response, 200, {}))
    const toGet = (request: HttpRequest): HttpRequest => ({ ...request, method: 'GET' })
    for (const more of [{ middleware: [passing(toGet)] }, { hooks: [{ beforeRequest: toGet }] }]) {
      const client = new HttpClient({ baseUrl: server.origin, ...more })
      const error = await failureOf(client.post('/', { json: 1 }))
      expect(error).toMatchObject({ code: 'configuration', message: expect.stringMatching(/GET.*body/) })
    }
    expect(server.requests).toHaveLength(0)
  })

  test('is none where it is undefined, also when the caller gave a function', async () => {
    const server = await loopback((_request, response, count) => sendJson(response, count === 2 ? 503 : 200, {}))
    const made: string[] = []
    const client = new HttpClient({
      baseUrl: server.origin,
      retryStrategy: again,
      middleware: [
        (next) => async (request) => {
          for (const method of ['GET', 'POST'] as const) await next({ ...request, method, url: '/csrf', body: undefined })
          return next({ ...request, url: '/moved' })
        },
      ],
      hooks: [{ beforeRequest: ({ headers, ...request }) => ({ ...request, headers: { ...headers, 'x-hooked': '1' } }) }],
    })
    const body = (): string => `secret-${made.push('body')}`
    await client.post('/', { body, idempotencyKey: 'k' })
    expect(server.requests.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['GET', '/csrf', ''],
      ['POST', '/csrf', ''],
      ['POST', '/csrf', ''],
      ['POST', '/moved', 'secret-1'],
    ])
  })

  test('is made anew for each send where the caller gave a function, streams too, and not at all where nothing is sent', async () => {
    const server = await loopback((_request, response, count) => sendJson(response, count % 3 === 0 ? 200 : 503, {}))
    const seen: unknown[] = []
    const hooks = [{ beforeRequest: ({ body }: HttpRequest) => void seen.push(body) }]
    const middleware = [passing((request) => ({ ...request }))]
    for (const more of [{}, { hooks }, { hooks, middleware }]) {
      const client = new HttpClient({ baseUrl: server.origin, retryStrategy: again, ...more })
      let count = 0
      await client.put('/', { body: () => new Blob([`stream ${++count}`]).stream() })
      expect(server.requests.splice(0).map(({ body }) => body)).toEqual(['stream 1', 'stream 2', 'stream 3'])
    }
    expect(new Set(seen).size).toBe(6)
    const answering = [() => async () => new Response('{}') as never]
    const unsent = new HttpClient({ baseUrl: server.origin, middleware: answering })
    await unsent.put('/', { body: () => expect.unreachable() })
  })
})
