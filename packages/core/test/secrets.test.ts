import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AuthenticationError } from '../src/errors.ts'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson, serve } from './fixtures/loopback.ts'

const canaries = {
  token: 'canary-token-9f2c',
  apiKey: 'canary-api-key-77aa',
  query: 'canary-query-51be',
  ownHeader: 'canary-own-header-3d1c',
  cookie: 'canary-cookie-8e8e',
}

function expectNoCanary(what: unknown): void {
  const shown = [
    inspect(what, { showHidden: true, depth: 20, getters: false }),
    inspect(what),
    JSON.stringify(what) ?? '',
    JSON.stringify({ ...(what as object) }),
    what instanceof Error ? (JSON.stringify(what.cause) ?? '') : '',
    String(what),
    what instanceof Error ? `${what.message} ${what.stack}` : '',
  ].join('\n')
  for (const canary of Object.values(canaries)) expect(shown).not.toContain(canary)
}

function clientOf(baseUrl: string, more: object = {}): HttpClient {
  const held = Object.defineProperty({}, 'accessToken', { get: () => canaries.token, enumerable: false }) as {
    accessToken: string
  }
  return new HttpClient({
    baseUrl,
    headers: { cookie: canaries.cookie },
    apiKey: { key: canaries.apiKey },
    tokenAuth: { tokenManager: { getToken: async () => held, replaceToken: async () => held } },
    timeoutMs: 10_000,
    ...more,
  })
}

const options = { params: { key: `a?b ${canaries.query}` }, headers: { 'x-own': canaries.ownHeader } }

type Thrower = (url: string, init: RequestInit) => unknown

const bearer = `Bearer ${canaries.token}`
const throwers: [string, Thrower][] = [
  ['an enumerable member', (url, init) => Object.assign(new Error('x'), { config: { url, headers: init.headers } })],
  ['a hidden member', (url, init) => Object.defineProperty(new Error('x'), 'options', { value: { url, init } })],
  ['a symbol', (url, init) => Object.assign(new Error('x'), { [Symbol('request')]: { url, init } })],
  ['a plain object', (url, init) => ({ message: 'x', request: { url, init } })],
  ['a function', (url, init) => Object.assign(() => url, { init })],
  ['a string', (url) => `failed ${url} authorization: ${bearer}`],
  ['a message', (url) => new TypeError(`failed ${url}`, { cause: new Error(`invalid header value ${bearer}`) })],
  ['a message with a decoded URL', (url) => new Error(`failed ${decodeURIComponent(url)}`)],
  ['a message with user info', () => new Error(`proxy http://ada:${canaries.apiKey}@proxy.example refused`)],
  ['a stack', () => Object.assign(new Error('x'), { stack: `Error: ${bearer}\n    at x` })],
  ['a name', () => Object.assign(new Error('x'), { name: bearer })],
  ['a code', () => Object.assign(new Error('x'), { code: bearer })],
  ['a reason that is a request', (_url, init) => Object.assign(new Error('x'), { reason: init })],
  ['a host that is a token', () => Object.assign(new Error('x'), { host: bearer })],
  ['an unsendable request', () => Object.assign(new Error(`invalid header ${bearer}`), { code: 'UND_ERR_INVALID_ARG' })],
  ['several errors', (url, init) => new AggregateError([Object.assign(new Error('x'), { url, init })], 'all failed')],
  ['a cause that is an object', (url, init) => new Error('x', { cause: { url, init } })],
  ['a cause that is a string', (url) => new Error('x', { cause: `${url} ${bearer}` })],
  ['many causes', (_url, init) => [...Array(9)].reduce((cause) => new Error('x', { cause }), { ...init })],
  ['itself as its cause', cyclicError],
  ['an error of another realm', (_url, init) => Object.assign(runInNewContext('new Error("x")'), { init })],
  ['an error that shows itself', (_url, init) => new TalkativeError(init)],
  ['a getter of its own that throws', () => withGetter('config')],
  ['a message that throws', () => withGetter('message')],
  ['a code that throws', () => withGetter('code')],
  ['a cause that throws', () => withGetter('cause')],
  ['a name that throws', () => withGetter('name')],
  ['a member that is told with its second reading', () => sayingMoreEachTime(bearer)],
  ['a proxy', () => new Proxy(new Error('x'), { get: refuse, getPrototypeOf: refuse, ownKeys: refuse, has: refuse })],
  ['a word that is called so', () => Symbol(bearer)],
  ['a class that is called so', () => classCalled(canaries.token)],
  [
    'a class that turns into it',
    () =>
      new (class extends Error {
        override toString = (): string => bearer
      })(),
  ],
  [
    'a class whose prototype turns into it',
    () =>
      new (class extends Error {
        override toString(): string {
          return bearer
        }
      })(),
  ],
]

function refuse(): never {
  throw new Error(bearer)
}

function withGetter(name: string): Error {
  return Object.defineProperty(new Error('x'), name, { get: refuse, enumerable: true })
}

function sayingMoreEachTime(secret: string): Error {
  const words = ['x', secret]
  return Object.defineProperty(new Error('x'), 'host', { get: () => words.shift() ?? secret, enumerable: true })
}

function classCalled(name: string): Error {
  const classes = { [name]: class extends Error {} }
  return new (classes[name] ?? Error)('x')
}

function cyclicError(_url: string, init: RequestInit): Error {
  const error = Object.assign(new Error('x'), { init })
  return Object.assign(error, { cause: error })
}

class TalkativeError extends Error {
  readonly #init: RequestInit
  constructor(init: RequestInit) {
    super('x')
    this.#init = init
  }
  toJSON(): RequestInit {
    return this.#init
  }
  [inspect.custom](): RequestInit {
    return this.#init
  }
}

function failureOfTransport(thrown: Thrower): Promise<unknown> {
  const transport = (url: string | URL | Request, init?: RequestInit): Promise<Response> =>
    Promise.reject(thrown(String(url), init ?? {}))
  return failureOf(clientOf('http://127.0.0.1:1', { transport }).get('/', options))
}

function failureOfTokenSource(thrown: Thrower): Promise<unknown> {
  const init = { headers: { authorization: bearer }, body: `client_secret=${canaries.apiKey}` }
  const tokenManager = {
    getToken: () => Promise.reject(thrown(`https://auth.example/token?token=${canaries.query}`, init)),
  }
  return failureOf(clientOf('http://127.0.0.1:1', { tokenAuth: { tokenManager } }).get('/', options))
}

describe('no error shows a secret', () => {
  test.each([400, 401, 403, 404, 429, 500])('of a %i', async (status) => {
    const { origin } = await loopback((_request, response) => sendJson(response, status, { note: 'x' }, { 'x-answer': 'y' }))
    const error = await failureOf(clientOf(origin).get('/', options))
    expect(error).toMatchObject({ status })
    expectNoCanary(error)
  })

  test('of a refused connection', async () => {
    expectNoCanary(await failureOf(clientOf('http://127.0.0.1:1').get('/', options)))
  })

  test.each(['/headers', '/body'])('of a time-out at %s', async (path) => {
    const { origin } = await serve([], (request, response) => {
      if (request.url?.startsWith('/body')) response.writeHead(200, { 'content-length': '9' }).write('x')
    })
    const error = await failureOf(clientOf(origin, { timeoutMs: 60 }).get(path, options))
    expect(error).toMatchObject({ code: 'timeout' })
    expectNoCanary(error)
  })

  test('of a connection that breaks', async () => {
    const { origin } = await serve([], (request) => request.socket.resetAndDestroy())
    const error = await failureOf(clientOf(origin).get('/', options))
    expect(error).toMatchObject({ code: 'connection' })
    expectNoCanary(error)
  })

  test('of too many redirects', async () => {
    const { origin } = await loopback((request, response) => response.writeHead(302, { location: request.path }).end())
    const error = await failureOf(clientOf(origin).get('/', options))
    expect(error).toMatchObject({ message: expect.stringContaining('redirect') })
    expectNoCanary(error)
  })

  test('of a body that is no JSON', async () => {
    const { origin } = await loopback((_request, response) => response.end(`not JSON ${canaries.token}`))
    expectNoCanary(await failureOf(clientOf(origin).get('/', options).json()))
  })

  describe.each([
    ['transport', failureOfTransport],
    ['token source', failureOfTokenSource],
  ])('of a %s that throws what holds secrets', (_name, failureOfThrower) => {
    test.each(throwers)('%s', async (_what, thrown) => {
      const error = await failureOfThrower(thrown)
      expect(error).toMatchObject({ name: expect.stringMatching(/^(Connection|Authentication|Configuration|Tls)Error$/) })
      expectNoCanary(error)
    })
  })

  test.each<[string, Thrower]>([
    ['an API key in a message', () => new TypeError(`${canaries.apiKey} is an invalid header value`)],
    ['a bare token in a string', () => `cannot use token ${canaries.token}`],
    ['a bare token in a stack', () => Object.assign(new Error('x'), { stack: `Error: ${canaries.token}\n    at x` })],
    ['a header of the request', () => new Error('x', { cause: new Error(`bad ${canaries.ownHeader}`) })],
    ['one value of the query', () => new Error(`no such key: a?b ${canaries.query}`)],
    ['one value of the query, as it is sent', () => new Error(`no such thing ${encodeURIComponent(`a?b ${canaries.query}`)}`)],
    ['a cookie', () => Object.assign(new Error('x'), { host: canaries.cookie })],
  ])('of a transport that repeats a secret without its name: %s', async (_what, thrown) => {
    const error = await failureOfTransport(thrown)
    expect(error).toMatchObject({ name: 'ConnectionError' })
    expectNoCanary(error)
  })

  test('of a transport that repeats what Basic only wraps', async () => {
    const transport = async (): Promise<Response> => {
      throw new Error('cannot log ada in with canary pässword', { cause: 'ada:canary pässword' })
    }
    const basicAuth = { username: 'ada', password: 'canary pässword' }
    const client = new HttpClient({ baseUrl: 'https://api.example', transport, basicAuth })
    const error = await failureOf(client.get('/'))
    expectNoCanary(error)
    expect((error as Error).cause).toMatchObject({ message: 'cannot log ada in with ***' })
  })

  test.each([true, false])('of a body that breaks off with words that repeat secrets (stream: %s)', async (stream) => {
    const words = `upstream said a?b ${canaries.query} with ${canaries.apiKey}, ${canaries.token} and ${canaries.ownHeader}`
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error(words)) })
    const client = clientOf('http://api.example', { transport: async () => new Response(broken) })
    const error = await failureOf(client.get('/', { ...options, stream }).then((response) => response.text()))
    expect(error).toMatchObject({ name: 'ConnectionError', status: 200 })
    expectNoCanary(error)
  })

  test('of an answer that is no HTTP', async () => {
    const server = createServer((socket) => {
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nbad header ${canaries.token}\r\n\r\n`))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const error = await failureOf(clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).get('/', options))
    expect(error).toMatchObject({ code: 'connection' })
    expect(String((error as Error).cause)).toContain('does not match the HTTP/1.1 protocol')
    expectNoCanary(error)
  })

  test('of a token with characters that no header may carry', async () => {
    const tokenManager = { getToken: async () => ({ accessToken: `${canaries.token}\n` }) }
    const error = await failureOf(clientOf('http://127.0.0.1:1', { tokenAuth: { tokenManager } }).get('/', options))
    expect(error).toBeInstanceOf(AuthenticationError)
    expectNoCanary(error)
  })
})

test('neither a client nor a response shows a secret', async () => {
  const { origin } = await loopback((_request, response) => sendJson(response, 200, {}))
  const client = clientOf(origin)
  expectNoCanary(client)
  const response = await client.get('/', options)
  expect(response.url).toContain('canary')
  for (const shown of [inspect(response), inspect({ response }, { showHidden: true }), JSON.stringify(response)]) {
    expect(shown).not.toContain('canary')
    expect(shown).toContain(`${origin}/?key=***`)
  }
})

test('a harmless cause is kept as it is, whatever the files are called that it came from', async () => {
  const cause = Object.assign(new TypeError('no answer of https://idp.example/oauth/token: ended'), {
    stack: 'TypeError: no answer\n    at getToken (file:///app/src/token.ts:12:3)',
  })
  const error = await failureOfTransport(() => cause)
  expect((error as Error).cause).toBe(cause)
})
