import { ConfigurationError, HttpClient, type HttpClientConfig } from '@requestforge/core'
import { describe, expect, it, vi } from 'vitest'
import { ManualClock, type MockTransport, mockTransport } from '../src/index.ts'

const baseUrl = 'https://api.example.com'
const clientOver = (transport: MockTransport, more: HttpClientConfig = {}) => new HttpClient({ baseUrl, transport, ...more })

describe('mockTransport', () => {
  it('answers in sequence, by absolute URL, path or RegExp, and records what came', async () => {
    const transport = mockTransport([
      { method: 'GET', url: `${baseUrl}/users`, json: [{ id: 1 }], headers: { 'x-total': '1' } },
      { method: 'post', url: '/users', status: 201 },
      { url: /\/users\/\d+$/g, body: 'hello' },
    ])
    const client = clientOver(transport)
    const users = await client.get('/users')
    expect([await users.json(), users.headers.get('x-total')]).toEqual([[{ id: 1 }], '1'])
    expect((await client.post('/users', { json: { name: 'Ada' }, headers: { 'X-Team': 'blue' } })).status).toBe(201)
    expect(await client.get('/users/7').text()).toBe('hello')
    expect(transport.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${baseUrl}/users`,
      `POST ${baseUrl}/users`,
      `GET ${baseUrl}/users/7`,
    ])
    expect(transport.requests[1]).toMatchObject({ headers: { 'x-team': 'blue' }, body: '{"name":"Ada"}', json: { name: 'Ada' } })
    transport.assertDone()
  })

  it('a path without a query fits any query, one with a query only that', async () => {
    const transport = mockTransport([{ url: '/a' }, { url: '/a?page=2' }])
    const client = clientOver(transport)
    await client.get('/a', { params: { page: 1 } })
    await client.get('/a', { params: { page: 2 } })
    transport.assertDone()
    await expect(clientOver(mockTransport([{ url: '/a?page=2' }])).get('/a')).rejects.toThrow(/expected any method \/a\?page=2/)
  })

  it('compares URLs as a server sees them, however they are escaped', async () => {
    const urls = ['/ü b', '/a/../b', `${baseUrl}/c#part`, `${baseUrl}/d?q=1 2`, '/e?q=é&r=%20', '/f?']
    const transport = mockTransport(urls.map((url) => ({ url })))
    const client = clientOver(transport)
    await client.get('/ü b')
    await client.get('/b')
    await client.get('/c#part')
    await client.get('/d', { params: { q: '1 2' } })
    await client.get('/e', { params: { q: 'é', r: ' ' } })
    await client.get('/f')
    transport.assertDone()
    await expect(clientOver(mockTransport([{ url: '/a?q=1' }])).get('/a', { params: { q: 2 } })).rejects.toThrow(/expected/)
    await expect(clientOver(mockTransport([{ url: 'https://other.example/a' }])).get('/a')).rejects.toThrow(/expected/)
  })

  it('refuses what was not expected, says what was, and is not retried', async () => {
    const transport = mockTransport([{ method: 'GET', url: '/users' }])
    const client = clientOver(transport, { retryStrategy: { nextDelay: () => 0 } })
    const error = await client.get('/posts').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(String(error)).toContain(`request 1: expected GET /users, got GET ${baseUrl}/posts`)
    expect(String(error)).not.toContain('base')
    expect(transport.requests).toHaveLength(1)
    expect(() => transport.assertDone()).toThrow(/request 1: .*; never came: GET \/users/)
  })

  it('says that the path of the base URL counts', async () => {
    const client = clientOver(mockTransport([{ url: '/users' }, { url: `${baseUrl}/users` }]), { baseUrl: `${baseUrl}/v1` })
    await expect(client.get('/users')).rejects.toThrow(/v1\/users; the path of the base URL counts, so write "\/v1\/users"$/)
    await expect(client.get('/posts')).rejects.toThrow(/v1\/posts$/)
  })

  it('one request too many is refused too, and what never came is named', async () => {
    const transport = mockTransport([{ url: '/a', times: 2 }])
    const client = clientOver(transport)
    await client.get('/a')
    expect(() => transport.assertDone()).toThrow(/never came: any method \/a/)
    await client.get('/a')
    transport.assertDone()
    await expect(client.get('/a')).rejects.toThrow(/request 3: expected no further request/)
  })

  it('an error is thrown as a connection that failed', async () => {
    const error = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    await expect(clientOver(mockTransport([{ error }])).get('/a')).rejects.toMatchObject({
      code: 'connection',
      requestSent: false,
    })
  })

  it('statuses become what the client makes of them', async () => {
    const client = clientOver(mockTransport([{ status: 404, json: { detail: 'none' } }, { status: 204 }]))
    await expect(client.get('/a')).rejects.toMatchObject({ code: 'http_404', data: { detail: 'none' } })
    expect((await client.delete('/a')).status).toBe(204)
  })

  it("a content type of the exchange's own is sent alone, however it is written", async () => {
    const headers = { 'Content-Type': 'application/problem+json' }
    const client = clientOver(
      mockTransport([
        { json: {}, headers },
        { body: '{}', headers },
      ]),
    )
    for (const path of ['/a', '/b']) {
      expect((await client.get(path)).headers.get('content-type')).toBe('application/problem+json')
    }
  })

  it('an abort ends a delay at once', async () => {
    const clock = new ManualClock()
    const controller = new AbortController()
    const transport = mockTransport([{ delayMs: 60_000 }], { clock })
    const answer = clientOver(transport).get('/a', { signal: controller.signal })
    await clock.advance(0)
    expect(clock.pendingTimers).toEqual([60_000])
    controller.abort('enough')
    await expect(answer).rejects.toBe('enough')
    expect(clock.pendingTimers).toEqual([])
  })

  it('a function answers with an exchange or a Response', async () => {
    const transport = mockTransport(({ url }) => (url.endsWith('/a') ? { json: 'a' } : new Response('b')))
    const client = clientOver(transport)
    expect([await client.get('/a').json(), await client.get('/b').text()]).toEqual(['a', 'b'])
    transport.assertDone()
  })

  it('concurrent requests are recorded and answered in the order in which they were made', async () => {
    const transport = mockTransport([{ url: '/0' }, { url: '/1' }, { url: '/2' }])
    const client = clientOver(transport)
    await Promise.all([0, 1, 2].map((index) => client.get(`/${index}`)))
    transport.assertDone()
  })

  it('also if the body of the first takes longer than that of the second', async () => {
    const transport = mockTransport([{ url: '/0' }, { url: '/1' }])
    const client = clientOver(transport)
    await Promise.all([client.post('/0', { body: new Blob(['blob']) }), client.post('/1', { body: 'text' })])
    transport.assertDone()
  })

  it('an exchange may answer any number of requests, and what is left of it is told', async () => {
    const transport = mockTransport([{ url: '/a', times: Number.MAX_SAFE_INTEGER }])
    await clientOver(transport).get('/a')
    expect(() => transport.assertDone()).toThrow(/any method \/a \(9007199254740990 of 9007199254740991 times\)$/)
  })

  it('an abort ends the wait for a body or a handler that never ends, and an aborted request is none', async () => {
    const endless = { method: 'POST', body: new ReadableStream({}), duplex: 'half' }
    const never = mockTransport(() => new Promise(() => {}))
    for (const [transport, init] of [
      [mockTransport([{}]), endless],
      [never, {}],
    ] as const) {
      const controller = new AbortController()
      const answer = transport(`${baseUrl}/a`, { ...init, signal: controller.signal })
      controller.abort('enough')
      await expect(answer).rejects.toBe('enough')
    }
    const transport = mockTransport([])
    await expect(transport(`${baseUrl}/a`, { signal: AbortSignal.abort('before') })).rejects.toBe('before')
    expect(transport.requests).toEqual([])
    transport.assertDone()
  })

  it('the body of a request that is refused is given up', async () => {
    const cancelled = vi.fn()
    const body = new ReadableStream({ cancel: cancelled })
    await expect(mockTransport([])(`${baseUrl}/a`, { method: 'POST', body })).rejects.toThrow(/no further request/)
    expect(cancelled).toHaveBeenCalled()
  })

  it('an answer to HEAD has the headers, and no body', async () => {
    const response = await clientOver(mockTransport([{ json: [1] }])).head('/a')
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['application/json', ''])
  })

  it('a handler may give the Response of another implementation, and has to give something', async () => {
    const { status, headers, body } = Response.json('a', { status: 201 })
    const foreign = { status, headers, body, arrayBuffer: async () => new TextEncoder().encode('"a"').buffer }
    const response = await clientOver(mockTransport(() => foreign as unknown as Response)).get('/a')
    expect([response.status, await response.json()]).toEqual([201, 'a'])
    const forgetful = mockTransport(() => undefined as unknown as Response)
    await expect(clientOver(forgetful).get('/a')).rejects.toThrow(/an exchange must be an object \(got undefined\)/)
  })

  it('reads bodies of every kind', async () => {
    const transport = mockTransport([{ times: 3 }])
    const client = clientOver(transport)
    await client.post('/a', { body: new TextEncoder().encode('bytes') })
    await client.post('/a', { form: { a: 1 } })
    await client.post('/a', { body: new Blob(['blob']) })
    expect(transport.requests.map(({ body }) => body)).toEqual(['bytes', 'a=1', 'blob'])
  })

  it.each([
    [{ status: 101 }, /status/],
    [{ json: 1, body: 'b' }, /one of json, body and error/],
    [{ status: 204, json: 1 }, /a 204 has no body/],
    [{ uri: '/a' }, /unknown option `uri`/],
    [{ url: 'users' }, /url must be absolute/],
    [{ delayMs: 0.5 }, /delayMs/],
  ])('names what is wrong with %j', (exchange, message) => {
    expect(() => mockTransport([exchange as object])).toThrow(message)
  })
})
