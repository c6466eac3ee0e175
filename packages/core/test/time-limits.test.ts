import { getEventListeners } from 'node:events'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Clock, systemClock } from '../src/clock.ts'
import { RequestTimeoutError } from '../src/errors.ts'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson, serve } from './fixtures/loopback.ts'
import { ManualClock, settle } from './fixtures/manual-clock.ts'

/** A server that answers `/headers` with nothing, `/body` with half a body, and everything else whole. */
async function hangingServer(): Promise<{ readonly origin: string; readonly asked: string[] }> {
  const asked: string[] = []
  const { origin } = await serve([], (request, response) => {
    asked.push(request.url ?? '')
    if (request.url?.startsWith('/headers')) return
    if (request.url?.startsWith('/body')) response.writeHead(200, { 'content-length': '100' }).write('{"half":')
    else sendJson(response, 200, {})
  })
  return { origin, asked }
}

test.each(['timeoutMs', 'totalTimeoutMs'])('%s may be as long as a timer can be, whenever its time begins', async (option) => {
  const longestMs = 2 ** 31 - 1
  const delays: number[] = []
  let time = 0
  const clock: Clock = {
    ...systemClock,
    monotonic: () => time,
    setTimeout: (_callback, delayMs) => delays.push(delayMs),
    clearTimeout: () => undefined,
  }
  const client = new HttpClient({ transport: async () => new Response('{}'), clock, timeoutMs: 0 })
  for (let begun = 0; begun < 50; begun++) {
    time += 0.0713
    await client.get('http://127.0.0.1/', { [option]: longestMs })
  }
  expect(delays).toHaveLength(50)
  expect(Math.max(...delays)).toBe(longestMs)
})

describe('timeoutMs', () => {
  test.each([
    ['headers', '/headers'],
    ['body', '/body'],
  ])('ends the wait for the %s, and says so', async (phase, path) => {
    const { origin, asked } = await hangingServer()
    const clock = new ManualClock()
    const client = new HttpClient({ baseUrl: origin, clock, timeoutMs: 1_000 })
    const onDownloadProgress = vi.fn()
    const failure = failureOf(client.get(path, { params: { key: 'secret' }, onDownloadProgress }))
    if (phase === 'headers') await expect.poll(() => asked).toHaveLength(1)
    else await expect.poll(() => onDownloadProgress).toHaveBeenCalled()
    await clock.advance(999)
    expect(clock.pendingDelays).toEqual([1])
    await clock.advance(1)
    const error = await failure
    expect(error).toBeInstanceOf(RequestTimeoutError)
    expect(error).toMatchObject({
      code: 'timeout',
      phase,
      timeoutMs: 1_000,
      elapsedMs: 1_000,
      retryable: true,
      attempts: 1,
      request: { method: 'GET' },
    })
    expect(String(error)).not.toContain('secret')
  })

  test('ends the wait for a token', async () => {
    const tokenManager = { getToken: () => new Promise<never>(() => undefined) }
    const client = new HttpClient({ baseUrl: 'http://127.0.0.1:1', tokenAuth: { tokenManager }, timeoutMs: 30 })
    expect(await failureOf(client.get('/'))).toMatchObject({ code: 'timeout', phase: 'token', attempts: 0 })
  })

  test('ends the wait for a replaced token', async () => {
    const { origin } = await loopback((_request, response) => sendJson(response, 401, {}))
    const clock = new ManualClock()
    const replaceToken = vi.fn(() => new Promise<never>(() => undefined))
    const tokenManager = { getToken: async () => ({ accessToken: 'a' }), replaceToken }
    const failure = failureOf(new HttpClient({ baseUrl: origin, clock, tokenAuth: { tokenManager }, timeoutMs: 1_000 }).get('/'))
    await expect.poll(() => replaceToken).toHaveBeenCalled()
    await clock.advance(1_000)
    expect(await failure).toMatchObject({ code: 'timeout', phase: 'token', attempts: 1 })
  })

  test('ends the wait for a connection', async () => {
    // One connection for each origin, and it is taken: the second request cannot connect.
    const { origin } = await hangingServer()
    const client = new HttpClient({ baseUrl: origin, poolMaxsize: 1 })
    onTestFinished(() => client.close({ graceMs: 0 }))
    void failureOf(client.get('/headers', { timeoutMs: 10_000 }))
    await settle()
    const error = await failureOf(client.get('/', { timeoutMs: 40 }))
    expect(error).toMatchObject({ code: 'timeout', phase: 'connect' })
  })

  test('is a fresh window for each attempt', async () => {
    const clock = new ManualClock()
    const { origin } = await hangingServer()
    const retryStrategy = { nextDelay: ({ retry }: { retry: number }) => (retry < 2 ? 0 : undefined) }
    const failure = failureOf(new HttpClient({ baseUrl: origin, clock, timeoutMs: 1_000, retryStrategy }).get('/headers'))
    await settle()
    await clock.advance(3_000)
    expect(await failure).toMatchObject({ code: 'timeout', attempts: 3, elapsedMs: 1_000 })
    expect(clock.monotonic()).toBe(3_000)
  })
})

describe('totalTimeoutMs', () => {
  test('bounds all attempts together', async () => {
    const clock = new ManualClock()
    const { origin } = await hangingServer()
    const client = new HttpClient({
      baseUrl: origin,
      clock,
      timeoutMs: 1_000,
      totalTimeoutMs: 2_500,
      retryStrategy: { nextDelay: () => 0 },
    })
    const failure = failureOf(client.get('/headers'))
    await clock.advance(2_500)
    expect(await failure).toMatchObject({ code: 'timeout', phase: 'headers', timeoutMs: 2_500, elapsedMs: 2_500, attempts: 3 })
    expect(clock.pendingDelays).toEqual([])
  })

  test('bounds a body that is read as a stream too', async () => {
    const server = await serve([], (_request, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('x'), 10)
      response.on('close', () => clearInterval(drip))
    })
    const clock = new ManualClock()
    const response = await new HttpClient({ baseUrl: server.origin, clock }).get('/', { stream: true, totalTimeoutMs: 100 })
    const failure = failureOf(response.text())
    await clock.advance(100)
    expect(await failure).toMatchObject({ code: 'timeout', phase: 'body', timeoutMs: 100 })
  })

  test('ends a middleware that never answers', async () => {
    const clock = new ManualClock()
    const middleware = [() => () => new Promise<never>(() => undefined)]
    const failure = failureOf(new HttpClient({ baseUrl: 'http://127.0.0.1:1', clock, middleware, totalTimeoutMs: 100 }).get('/'))
    await clock.advance(100)
    expect(await failure).toMatchObject({ code: 'timeout', timeoutMs: 100 })
  })
})

describe('an abort', () => {
  test.each(['/headers', '/body'])('ends the wait at %s with its own reason', async (path) => {
    const { origin } = await hangingServer()
    const controller = new AbortController()
    const failure = failureOf(new HttpClient({ baseUrl: origin }).get(path, { signal: controller.signal }))
    setTimeout(() => controller.abort('any value at all'), 30)
    expect(await failure).toBe('any value at all')
  })

  test.each([0, null, '', false])('with the reason %j rejects with just that', async (reason) => {
    const { origin } = await hangingServer()
    const controller = new AbortController()
    const failure = failureOf(new HttpClient({ baseUrl: origin }).get('/headers', { signal: controller.signal }))
    await settle()
    controller.abort(reason)
    expect(await failure).toBe(reason)
  })

  test('that came before the request sends nothing and asks for no token', async () => {
    const asked: string[] = []
    const server = await loopback((_request, response) => sendJson(response, 200, {}))
    const getToken = async () => {
      asked.push('token')
      return { accessToken: 'a' }
    }
    const client = new HttpClient({ baseUrl: server.origin, tokenAuth: { tokenManager: { getToken } } })
    const reason = new Error('too late')
    expect(await failureOf(client.get('/', { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect([asked, server.requests]).toEqual([[], []])
  })

  test('is listened for once, however many requests have its signal, and ends them all', async () => {
    const server = await loopback(() => undefined)
    const client = new HttpClient({ baseUrl: server.origin })
    const controller = new AbortController()
    const { signal } = controller
    const requests = Array.from({ length: 30 }, () => failureOf(client.get('/', { signal })))
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    controller.abort('enough')
    expect(new Set(await Promise.all(requests))).toEqual(new Set(['enough']))
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('is never retried', async () => {
    const { origin } = await hangingServer()
    const retryStrategy = { nextDelay: () => expect.unreachable() }
    const signal = AbortSignal.timeout(30)
    const error = await failureOf(new HttpClient({ baseUrl: origin, retryStrategy }).get('/headers', { signal }))
    expect(error).toBe(signal.reason)
  })

  test('of a request in a queue lets the others go on', async () => {
    const server = await serve([], (_request, response) => void setTimeout(() => sendJson(response, 200, {}), 30))
    const client = new HttpClient({ baseUrl: server.origin, poolMaxsize: 1 })
    const controller = new AbortController()
    const first = client.get('/1')
    const aborted = failureOf(client.get('/2', { signal: controller.signal }))
    const third = client.get('/3')
    await settle()
    controller.abort()
    expect(await aborted).toBe(controller.signal.reason)
    expect([(await first).status, (await third).status]).toEqual([200, 200])
  })

  test('reaches a request through the signal of a middleware too', async () => {
    const { origin } = await hangingServer()
    const seen: AbortSignal[] = []
    const controller = new AbortController()
    const client = new HttpClient({
      baseUrl: origin,
      middleware: [
        (next) => (request) => {
          seen.push(request.signal)
          return next(request)
        },
      ],
    })
    const failure = failureOf(client.get('/headers', { signal: controller.signal }))
    await settle()
    controller.abort(new Error('gone'))
    await failure
    expect(seen[0]?.aborted).toBe(true)
    expect(seen[0]?.reason).toEqual(new Error('gone'))
  })
})

describe('a time-out in code of the user says so', () => {
  const never = (): Promise<never> => new Promise(() => undefined)
  test.each([
    ['a beforeRequest hook', { hooks: [{ beforeRequest: never }] }, { timeoutMs: 100 }],
    ['a beforeRequest hook', { hooks: [{ beforeRequest: never }] }, { totalTimeoutMs: 100 }],
    ['an afterResponse hook', { hooks: [{ afterResponse: never }] }, { totalTimeoutMs: 100 }],
    ['a middleware', { middleware: [() => never] }, { totalTimeoutMs: 100 }],
  ])('in %s (%#)', async (_where, config, limit) => {
    const clock = new ManualClock()
    const transport = async (): Promise<Response> => new Response('{}')
    const failure = failureOf(new HttpClient({ baseUrl: 'https://api.example', clock, transport, ...config }).get('/', limit))
    await clock.advance(100)
    expect(await failure).toMatchObject({ code: 'timeout', message: expect.stringContaining('while waiting for a hook') })
  })

  test.each(['timeoutMs', 'totalTimeoutMs'])('and so does one in the reading of a file of a form (%s)', async (option) => {
    class HangingFile extends File {
      override arrayBuffer = never
    }
    const body = new FormData()
    body.set('file', new HangingFile(['content'], 'file.txt'))
    const clock = new ManualClock()
    const failure = failureOf(new HttpClient({ baseUrl: 'https://api.example', clock }).post('/', { body, [option]: 100 }))
    await clock.advance(100)
    expect(await failure).toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('while waiting for the files of its form'),
    })
  })

  test('and not one in the wait for a token', async () => {
    const clock = new ManualClock()
    const client = new HttpClient({
      baseUrl: 'https://api.example',
      clock,
      transport: async () => new Response(''),
      tokenAuth: { tokenManager: { getToken: never } },
    })
    const failure = failureOf(client.get('/', { totalTimeoutMs: 100 }))
    await clock.advance(100)
    expect(await failure).toMatchObject({ phase: 'token', message: expect.stringContaining('while waiting for a token') })
  })
})
