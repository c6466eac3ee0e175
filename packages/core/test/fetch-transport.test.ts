import { Readable } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import type { FailedAttempt } from '../src/retry-strategy.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson, serve } from './fixtures/loopback.ts'
import { ManualClock } from './fixtures/manual-clock.ts'
import { CountingTokens } from './fixtures/tokens.ts'

const platformFetch = (url: string, init: RequestInit): Promise<Response> => fetch(url, init)

describe('over a fetch of your choice', () => {
  test('a request, its retry with a new token and its redirects are the same', async () => {
    const api = await loopback((request, response) => {
      if (request.headers.authorization !== 'Bearer token-2') sendJson(response, 401, {})
      else if (request.path === '/old') response.writeHead(302, { location: '/new' }).end()
      else sendJson(response, 200, { path: request.path })
    })
    const client = new HttpClient({
      baseUrl: api.origin,
      transport: platformFetch,
      tokenAuth: { tokenManager: new CountingTokens() },
    })
    const response = await client.get('/old')
    expect(await response.json()).toEqual({ path: '/new' })
    expect(response).toMatchObject({ attempts: 2, url: `${api.origin}/new` })
  })

  test('an answer that is a network error is a failed connection, and may be retried', async () => {
    const retryStrategy = { nextDelay: ({ retry, retryable }: FailedAttempt) => (retryable && retry === 0 ? 0 : undefined) }
    const client = new HttpClient({ baseUrl: 'https://api.example.com', transport: async () => Response.error(), retryStrategy })
    const error = await failureOf(client.get('/users'))
    expect(error).toMatchObject({ code: 'connection', retryable: true, attempts: 2 })
    expect(String(error)).not.toContain('redirect')
  })

  test('it is given a URL string, plain headers in lower case and manual redirects', async () => {
    const transport = vi.fn(async (_url: string, _init: RequestInit) => new Response('{}'))
    await new HttpClient({ baseUrl: 'https://api.example.com', transport }).post('/users', {
      json: { a: 1 },
      headers: { 'X-A': 'b' },
    })
    const [url, init] = transport.mock.calls[0] ?? []
    expect(url).toBe('https://api.example.com/users')
    expect(init).toMatchObject({
      method: 'POST',
      redirect: 'manual',
      headers: { accept: 'application/json, */*;q=0.8', 'content-type': 'application/json', 'x-a': 'b' },
    })
    expect(new TextDecoder().decode(init?.body as Uint8Array)).toBe('{"a":1}')
  })

  test.each([
    ['nothing', undefined],
    ['a text', 'canary'],
    ['half of a response', { ok: true, status: 200, json: async () => ({}) }],
    ['the answer of another library', { status: 200, data: 'canary', headers: { 'content-type': 'text/plain' } }],
    ['a response without a body to be read', { status: 200, headers: new Headers() }],
  ])('one that gives no Response, but %s, is told so, and not asked again', async (_what, given) => {
    for (const options of [{}, { stream: true }, { maxResponseBytes: 10 }]) {
      const transport = vi.fn(async () => given as unknown as Response)
      const client = new HttpClient({ baseUrl: 'https://api.example.com', transport, retryStrategy: { nextDelay: () => 0 } })
      const error = await failureOf(client.get('/users', options))
      expect(error).toMatchObject({ code: 'configuration', option: 'transport', retryable: false })
      expect(error).toHaveProperty('message', expect.stringMatching(/^the transport gave no Response \(got /))
      expect(String(error)).not.toContain('canary')
      expect(transport).toHaveBeenCalledTimes(1)
    }
  })

  test('what it adds to the headers of one request is in no other', async () => {
    const seen: unknown[] = []
    const transport = async (_url: string, init: RequestInit): Promise<Response> => {
      const headers = init.headers as Record<string, string>
      headers['x-request-id'] ??= String(seen.length)
      seen.push(headers['x-request-id'])
      return new Response('{}')
    }
    const tokenManager = { getToken: async () => ({ accessToken: 'a' }), peekToken: () => token }
    const token = { accessToken: 'a' }
    const client = new HttpClient({ baseUrl: 'https://api.example.com', transport, tokenAuth: { tokenManager } })
    for (let count = 0; count < 3; count++) await client.get('/')
    await new HttpClient({ transport }).get('https://api.example.com/')
    expect(seen).toEqual(['0', '1', '2', '3'])
  })

  test.each(['/headers', '/body'])('time-outs cover %s', async (path) => {
    const asked = vi.fn()
    const { origin } = await serve([], (request, response) => {
      asked()
      if (request.url === '/body') response.writeHead(200, { 'content-length': '9' }).write('x')
    })
    const clock = new ManualClock()
    const onDownloadProgress = vi.fn()
    const client = new HttpClient({ baseUrl: origin, transport: platformFetch, clock, timeoutMs: 1_000 })
    const failure = failureOf(client.get(path, { onDownloadProgress }))
    await expect.poll(() => (path === '/headers' ? asked : onDownloadProgress)).toHaveBeenCalled()
    await clock.advance(1_000)
    expect(await failure).toMatchObject({ code: 'timeout', phase: path.slice(1), attempts: 1 })
  })

  test('a fetch that ignores its signal is left behind on an abort', async () => {
    const controller = new AbortController()
    const client = new HttpClient({ baseUrl: 'https://api.example.com', transport: () => new Promise(() => undefined) })
    const failure = failureOf(client.get('/', { signal: controller.signal }))
    setTimeout(() => controller.abort('gone'), 10)
    expect(await failure).toBe('gone')
  })

  test('streams go down and up', async () => {
    const { origin } = await loopback((request, response) => response.end(`got ${request.body}`))
    const client = new HttpClient({ baseUrl: origin, transport: platformFetch })
    const response = await client.post('/', { body: new Blob(['stream']).stream(), stream: true })
    expect(await new Response(response.body).text()).toBe('got stream')
  })

  test('maxResponseBytes and the cutting of error bodies hold', async () => {
    const { origin } = await loopback((request, response) =>
      response.writeHead(request.path === '/' ? 200 : 500).end('x'.repeat(200_000)),
    )
    const client = new HttpClient({ baseUrl: origin, transport: platformFetch })
    expect(await failureOf(client.get('/', { maxResponseBytes: 1_000 }))).toMatchObject({ code: 'parse', status: 200 })
    expect(((await failureOf(client.get('/error'))) as { body: string }).body).toHaveLength(65_536)
  })

  test.each([undefined, platformFetch])(
    "a content-length that is not the body's is refused, whatever the transport",
    async (transport) => {
      const api = await loopback((_request, response) => sendJson(response, 200, {}))
      const client = new HttpClient({ baseUrl: api.origin, transport, timeoutMs: 2_000 })
      const file = new Blob(['abc'])
      for (const [body, length] of [
        ['abc', '1'],
        ['abc', '9'],
        ['', '3'],
        ['abc', '0'],
        [file, '0'],
        [file.stream(), '0'],
      ] as const) {
        for (const method of body instanceof ReadableStream ? (['POST'] as const) : (['POST', 'DELETE', 'OPTIONS'] as const)) {
          const error = await failureOf(client.request(method, '/', { body, headers: { 'content-length': length } }))
          expect(error).toMatchObject({ code: 'configuration', message: expect.stringContaining('content-length') })
        }
      }
      expect(api.requests).toEqual([])
      expect((await client.post('/', { body: 'abc', headers: { 'content-length': '3' } })).status).toBe(200)
    },
  )

  test("streams of Node's own, as node-fetch has them, are read like others", async () => {
    const api = await loopback((request, response) => {
      if (request.headers.authorization !== 'Bearer token-2') sendJson(response, 401, { error: 'invalid_token' })
      else if (request.path === '/old') response.writeHead(302, { location: '/new' }).end('moved')
      else sendJson(response, request.path === '/gone' ? 404 : 200, { path: request.path })
    })
    const transport = async (url: string, init: RequestInit): Promise<Response> => {
      const response = await fetch(url, init)
      const whole = Buffer.from(await response.clone().arrayBuffer())
      return Object.defineProperty(response, 'body', { value: Readable.from([whole]) })
    }
    const client = new HttpClient({ baseUrl: api.origin, transport, tokenAuth: { tokenManager: new CountingTokens() } })
    expect(await client.get('/old').json()).toEqual({ path: '/new' })
    expect(await failureOf(client.get('/gone'))).toMatchObject({ status: 404, data: { path: '/gone' } })
    expect(await client.get('/', { stream: true }).text()).toBe('{"path":"/"}')
    expect(await failureOf(client.get('/', { maxResponseBytes: 3 }))).toMatchObject({ code: 'parse' })
    const broken = new Readable({ read: () => undefined })
    const given = async (): Promise<Response> => Object.defineProperty(new Response('x'), 'body', { value: broken })
    const { body } = await new HttpClient({ baseUrl: api.origin, transport: given }).get('/', { stream: true })
    await body?.cancel()
    expect(broken.destroyed).toBe(true)
  })

  test("a stream of Node's may give text, and may fail before anybody reads it", async () => {
    const given = (status: number, body: Readable) => async (): Promise<Response> =>
      Object.defineProperty(new Response('x', { status }), 'body', { value: body })
    const clientOn = (transport: () => Promise<Response>): HttpClient =>
      new HttpClient({ baseUrl: 'https://a.example', transport })
    expect(
      await clientOn(given(200, Readable.from(['ü', 'b'])))
        .get('/', { stream: true })
        .text(),
    ).toBe('üb')
    expect(await failureOf(clientOn(given(404, Readable.from(['ü', 'b']))).get('/'))).toMatchObject({ body: 'üb' })
    const broken = new Readable({ read: () => undefined })
    const response = await clientOn(given(200, broken)).get('/', { stream: true })
    broken.destroy(new Error('reset'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(await failureOf(response.text())).toMatchObject({ code: 'connection', status: 200 })
  })

  test('a redirect that the platform hides is refused, and said', async () => {
    const hidden = Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' })
    const client = new HttpClient({ baseUrl: 'https://api.example.com', transport: async () => hidden })
    const error = await failureOf(client.get('/'))
    expect(error).toMatchObject({ code: 'connection', retryable: false })
    expect(String(error)).toContain('redirect')
  })
})

test('an abort while the body of a redirect is given up ends the call', async () => {
  const controller = new AbortController()
  let sends = 0
  const transport = async (): Promise<Response> => {
    if (sends++ > 0) return new Promise<never>(() => undefined)
    setTimeout(() => controller.abort(new Error('enough')), 10)
    return new Response(new ReadableStream({ start: () => undefined }), { status: 302, headers: { location: '/there' } })
  }
  const client = new HttpClient({ baseUrl: 'http://api.example', transport })
  await expect(client.get('/', { stream: true, signal: controller.signal })).rejects.toThrow('enough')
  expect(sends).toBe(1)
})

test('a stream that is empty by its length holds nothing open', async () => {
  const transport = async (): Promise<Response> => new Response('', { headers: { 'content-length': '0' } })
  const client = new HttpClient({ baseUrl: 'http://api.example', transport })
  const response = await client.get('/', { stream: true })
  const startedAt = performance.now()
  await client.close()
  expect(performance.now() - startedAt).toBeLessThan(5_000)
  expect(await response.text()).toBe('')
})
