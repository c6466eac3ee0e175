import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { inspect } from 'node:util'
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
    timeoutMs: 60,
    ...more,
  })
}

const options = { params: { key: canaries.query }, headers: { 'x-own': canaries.ownHeader } }

describe('no error shows a secret', () => {
  test.each([400, 401, 403, 404, 429, 500])('of a %i', async (status) => {
    const { origin } = await loopback((_request, response) => sendJson(response, status, { note: 'x' }, { 'x-answer': 'y' }))
    expectNoCanary(await failureOf(clientOf(origin).get('/', options)))
  })

  test('of a refused connection', async () => {
    expectNoCanary(await failureOf(clientOf('http://127.0.0.1:1').get('/', options)))
  })

  test.each(['/headers', '/body'])('of a time-out at %s', async (path) => {
    const { origin } = await serve([], (request, response) => {
      if (request.url?.startsWith('/body')) response.writeHead(200, { 'content-length': '9' }).write('x')
    })
    expectNoCanary(await failureOf(clientOf(origin).get(path, options)))
  })

  test('of a connection that breaks', async () => {
    const { origin } = await serve([], (request) => request.socket.resetAndDestroy())
    expectNoCanary(await failureOf(clientOf(origin).get('/', options)))
  })

  test('of too many redirects', async () => {
    const { origin } = await loopback((request, response) => response.writeHead(302, { location: request.path }).end())
    expectNoCanary(await failureOf(clientOf(origin).get('/', options)))
  })

  test('of a body that is no JSON', async () => {
    const { origin } = await loopback((_request, response) => response.end(`not JSON ${canaries.token}`))
    expectNoCanary(await failureOf(clientOf(origin).get('/', options).json()))
  })

  test('of a transport that puts the request into its own error', async () => {
    const transport = (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const cause = new Error(`invalid header value Bearer ${canaries.token}`)
      return Promise.reject(Object.assign(new TypeError('fetch failed', { cause }), { config: { url, headers: init?.headers } }))
    }
    expectNoCanary(await failureOf(clientOf('http://127.0.0.1:1', { transport }).get('/', options)))
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
  expectNoCanary(await client.get('/'))
})
