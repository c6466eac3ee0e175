import { execFile } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { promisify } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import type { Clock } from '../src/clock.ts'
import type { HttpClientConfig } from '../src/config.ts'
import { ClientClosedError } from '../src/errors.ts'
import type { HttpRequest, HttpResponse } from '../src/handler.ts'
import type { Hooks } from '../src/hooks.ts'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson, serve } from './fixtures/loopback.ts'
import { ManualClock, settle } from './fixtures/manual-clock.ts'
import { stuckTransport } from './fixtures/stuck-transport.ts'
import { CountingTokens } from './fixtures/tokens.ts'

const baseUrl = 'http://api.example'

describe('close()', () => {
  test('lets nothing new in, and may be called again', async () => {
    const client = new HttpClient({ baseUrl: 'http://127.0.0.1:1' })
    await Promise.all([client.close(), client.close()])
    await client.close()
    const error = await failureOf(client.get('/'))
    expect(error).toBeInstanceOf(ClientClosedError)
    expect(error).toMatchObject({ code: 'closed' })
  })

  test('lets a send in flight finish', async () => {
    const { origin } = await serve([], (_request, response) => void setTimeout(() => sendJson(response, 200, {}), 50))
    const client = new HttpClient({ baseUrl: origin })
    const response = client.get('/')
    await settle()
    await client.close()
    expect((await response).status).toBe(200)
  })

  test('aborts a send that is not over after graceMs', async () => {
    const { origin } = await serve([], () => undefined)
    const client = new HttpClient({ baseUrl: origin })
    const failure = failureOf(client.get('/'))
    await settle()
    await client.close({ graceMs: 30 })
    expect(await failure).toBeInstanceOf(ClientClosedError)
  })

  test('ends waits between attempts at once', async () => {
    const clock = new ManualClock()
    const { origin, requests } = await loopback((_request, response) => sendJson(response, 503, {}))
    const client = new HttpClient({ baseUrl: origin, clock, retryStrategy: { nextDelay: () => 60_000 } })
    const failure = failureOf(client.get('/'))
    await expect.poll(() => clock.pendingDelays).toEqual([60_000])
    await client.close()
    expect(await failure).toBeInstanceOf(ClientClosedError)
    expect(requests).toHaveLength(1)
    expect(clock.pendingDelays).toEqual([])
  })

  test('ends the wait for a token at once', async () => {
    const tokenManager = { getToken: () => new Promise<never>(() => undefined) }
    const client = new HttpClient({ baseUrl: 'http://127.0.0.1:1', tokenAuth: { tokenManager } })
    const failure = failureOf(client.get('/'))
    await settle()
    await client.close()
    expect(await failure).toBeInstanceOf(ClientClosedError)
  })

  test('lets a call finish that was begun right before, with a hook that waits for nothing, too', async () => {
    const { origin } = await serve([], (_request, response) => sendJson(response, 200, {}))
    const client = new HttpClient({
      baseUrl: origin,
      hooks: [{ beforeRequest: () => undefined }, { beforeRequest: (request) => request }],
    })
    const response = client.get('/')
    await client.close()
    expect((await response).status).toBe(200)
  })

  const never = (): Promise<never> => new Promise(() => undefined)
  test.each<[string, HttpClientConfig]>([
    ['a hook', { hooks: [{ beforeRequest: never }] }],
    ['a token after a hook', { hooks: [{ beforeRequest: () => undefined }], tokenAuth: { tokenManager: { getToken: never } } }],
  ])('ends the wait for %s at once, also right after its start', async (_what, config) => {
    const client = new HttpClient({ baseUrl, ...config })
    const failure = failureOf(client.get('/'))
    await client.close()
    expect(await failure).toBeInstanceOf(ClientClosedError)
  })

  test('waits for streams that are still read, and ends them after graceMs', async () => {
    const { origin } = await serve([], (_request, response) => void response.writeHead(200).write('one'))
    const client = new HttpClient({ baseUrl: origin })
    const response = await client.get('/', { stream: true })
    const reader = response.body?.getReader()
    await reader?.read()
    const failure = failureOf(reader?.read() ?? Promise.resolve())
    await client.close({ graceMs: 20 })
    expect(await failure).toBeInstanceOf(ClientClosedError)
    expect(await failure).toMatchObject({ attempts: 1, request: { method: 'GET', url: `${origin}/` } })
  })

  test('ends every call, also when a middleware has sent one more request after its own call was over', async () => {
    const { origin } = await serve([], (request, response) => {
      if (request.url === '/stream') response.end('once')
    })
    let again: (() => Promise<string>) | undefined
    const client = new HttpClient({
      baseUrl: origin,
      middleware: [
        (next) => (request) => {
          if (request.stream) again = async () => (await next(request)).text()
          return next(request)
        },
      ],
    })
    const streamed = await client.get('/stream', { stream: true })
    const hanging = ['/a', '/b', '/c'].map((path) => failureOf(client.get(path)))
    await settle()
    await streamed.text()
    await again?.()
    await client.close({ graceMs: 20 })
    for (const failure of hanging) expect(await failure).toBeInstanceOf(ClientClosedError)
  })

  test('lets nothing in of a middleware that goes on when its own call is over, either', async () => {
    const { origin, requests } = await serve([], (_request, response) => void response.end())
    let again: (() => Promise<unknown>) | undefined
    const client = new HttpClient({
      baseUrl: origin,
      middleware: [
        (next) => async (request) => {
          again = () => next(request)
          return new Response('from a cache') as never
        },
      ],
    })
    await client.get('/')
    await client.close()
    expect(await failureOf(again?.() ?? settle())).toBeInstanceOf(ClientClosedError)
    expect(requests).toEqual([])
  })

  test('a second closing with less grace cuts the first one short, and neither waits longer than it must', async () => {
    const clock = new ManualClock()
    const transport = (_url: string, { signal }: RequestInit): Promise<Response> =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    const client = new HttpClient({ baseUrl: 'http://api.example', transport, clock, timeoutMs: 0 })
    const failure = failureOf(client.get('/'))
    await settle()
    const closings = Promise.all([client.close(), client.close({ graceMs: 50 }), client.close({ graceMs: 20_000 })])
    await clock.advance(50)
    expect(await failure).toBeInstanceOf(ClientClosedError)
    await closings
    expect(clock.pendingDelays).toEqual([])
  })

  test('is no end of reading what is there, but of a schema that never answers', async () => {
    const clock = new ManualClock()
    const client = new HttpClient({ baseUrl, transport: async () => Response.json({ a: 1 }), clock })
    const schemaOf = (validate: (value: unknown) => Promise<{ value: unknown }>) => ({
      schema: { '~standard': { version: 1, vendor: 'test', validate } } as const,
    })
    const patient = await client.get(
      '/',
      schemaOf(async (value) => ({ value })),
    )
    const stuck = await client.get(
      '/',
      schemaOf(() => new Promise(() => undefined)),
    )
    await client.close()
    expect(await patient.json()).toEqual({ a: 1 })
    expect(clock.pendingDelays).toEqual([])
    const failure = failureOf(stuck.json())
    await clock.advance(10_000)
    expect(await failure).toMatchObject({ code: 'closed', request: { method: 'GET', url: `${baseUrl}/` } })
    expect(clock.pendingDelays).toEqual([])
  })

  test('is what `await using` does', async () => {
    let left: HttpClient
    {
      await using client = new HttpClient({ baseUrl: 'http://127.0.0.1:1' })
      left = client
    }
    expect(await failureOf(left.get('/'))).toBeInstanceOf(ClientClosedError)
  })
})

describe('extend()', () => {
  test('adds to headers and hooks, and shares the connections and the token source', async () => {
    const server = await loopback((_request, response) => sendJson(response, 200, {}))
    const tokens = new CountingTokens()
    const seen: string[] = []
    const hook = (name: string) => ({ beforeRequest: () => void seen.push(name) })
    const base = new HttpClient({
      baseUrl: server.origin,
      headers: { 'x-team': 'blue', 'x-a': '1' },
      tokenAuth: { tokenManager: tokens },
      hooks: [hook('base')],
    })
    const client = base.extend({ headers: { 'X-Team': 'red' }, hooks: [hook('extended')] })
    await base.get('/')
    await client.get('/')
    expect(server.requests.map(({ headers }) => [headers['x-team'], headers['x-a'], headers.authorization])).toEqual([
      ['blue', '1', 'Bearer token-1'],
      ['red', '1', 'Bearer token-1'],
    ])
    expect(seen).toEqual(['base', 'base', 'extended'])
    // undici lets a socket rest for one turn of the event loop, so a second one may be opened.
    expect(server.socketCount()).toBeLessThanOrEqual(2)
  })

  test('makes a client whose closing leaves the first open, but not the other way round', async () => {
    const { origin } = await loopback((_request, response) => sendJson(response, 200, {}))
    const base = new HttpClient({ baseUrl: origin })
    const [one, two] = [base.extend({}), base.extend({})]
    await one.close()
    expect((await base.get('/')).status).toBe(200)
    expect(await failureOf(one.get('/'))).toBeInstanceOf(ClientClosedError)
    await base.close()
    expect(await failureOf(two.get('/'))).toBeInstanceOf(ClientClosedError)
  })
})

test('100,000 requests on one signal leave no listener and no timer behind', { timeout: 60_000 }, async () => {
  const clock = new ManualClock()
  const { signal } = new AbortController()
  const transport = async (): Promise<Response> => new Response('{}')
  const client = new HttpClient({ baseUrl: 'http://127.0.0.1:1', clock, transport, totalTimeoutMs: 60_000 })
  for (let sent = 0; sent < 100_000; sent += 100) {
    await Promise.all(Array.from({ length: 100 }, () => client.get('/', { signal })))
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  expect(clock.pendingDelays).toEqual([])
})

const canRunTypeScript = process.features.typescript !== false && process.features.typescript !== undefined

test.skipIf(!canRunTypeScript)('a process ends by itself after its requests, and not before the waits between them', async () => {
  const server = await loopback((_request, response, count) => sendJson(response, count === 1 ? 503 : 200, {}))
  const script = `
    import { HttpClient } from '${new URL('../src/http-client.ts', import.meta.url).href}'
    const client = new HttpClient({ baseUrl: '${server.origin}', retryStrategy: { nextDelay: ({ retry }) => retry === 0 ? 100 : undefined } })
    const { attempts } = await client.get('/')
    const answeredAt = performance.now()
    process.once('exit', () => console.log(JSON.stringify([attempts, performance.now() - answeredAt])))
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', script])
  const [attempts, stayedMs] = JSON.parse(stdout)
  expect(attempts).toBe(2)
  // Less than a connection is kept for.
  expect(stayedMs).toBeLessThan(3_000)
})

describe('a call that is rejected after its stream was opened', () => {
  test.each(['a hook', 'a middleware', 'a status of a hook'])(
    'by %s leaves no connection, listener or call open',
    async (who) => {
      let closed = 0
      const { origin } = await serve([], (_request, response) => {
        response.on('close', () => closed++)
        response.writeHead(200).write('one')
      })
      const fail = (): never => {
        throw new Error('mine')
      }
      const client = new HttpClient({
        baseUrl: origin,
        ...(who === 'a hook' ? { hooks: [{ afterResponse: fail }] } : {}),
        ...(who === 'a middleware' ? { middleware: [(next) => (request) => next(request).then(fail)] } : {}),
        ...(who === 'a status of a hook'
          ? { hooks: [{ afterResponse: async () => new Response('', { status: 404 }) as unknown as HttpResponse }] }
          : {}),
      })
      const { signal } = new AbortController()
      expect(await failureOf(client.get('/', { stream: true, signal }))).toBeInstanceOf(Error)
      await expect.poll(() => closed).toBe(1)
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
      const clock = vi.spyOn(globalThis, 'setTimeout')
      await client.close()
      expect(clock).not.toHaveBeenCalled()
      clock.mockRestore()
    },
  )
})

test('an abort in a hook that goes on without a wait rejects the call, and ends its stream', async () => {
  const { origin } = await serve([], (_request, response) => void response.writeHead(200).write('one'))
  const controller = new AbortController()
  const bodies: HttpResponse['body'][] = []
  const hooks: Hooks[] = [
    {
      afterResponse: ({ body }) => {
        bodies.push(body)
        controller.abort('enough')
      },
    },
  ]
  const client = new HttpClient({ baseUrl: origin, hooks })
  expect(await failureOf(client.get('/', { stream: true, signal: controller.signal }))).toBe('enough')
  expect(await failureOf(bodies[0]?.getReader().read() ?? Promise.resolve())).toBe('enough')
})

describe('onError', () => {
  test('is told of a closed client and of a signal that was aborted before, once, and no middleware runs', async () => {
    const told: unknown[] = []
    const middleware = [() => () => expect.unreachable()]
    const onError = (error: unknown, request: HttpRequest): void => void told.push([error, request.method, request.url])
    const client = new HttpClient({ baseUrl: 'http://127.0.0.1:1', hooks: [{ onError }], middleware })
    expect(await failureOf(client.get('/a', { signal: AbortSignal.abort('enough') }))).toBe('enough')
    await client.close()
    const error = await failureOf(client.post('/b', { body: () => expect.unreachable() }))
    expect(error).toMatchObject({ code: 'closed', request: { method: 'POST', url: 'http://127.0.0.1:1/b' } })
    expect(told).toEqual([
      ['enough', 'GET', 'http://127.0.0.1:1/a'],
      [error, 'POST', 'http://127.0.0.1:1/b'],
    ])
  })
})

describe('every onError hook is told of a call that was cancelled, and none is waited for', () => {
  const told: unknown[] = []
  const never = new Promise<never>(() => undefined)
  const hooks: Hooks[] = [
    { onError: () => never },
    { onError: () => Promise.reject(new Error('mine')) },
    {
      onError: () => {
        throw new Error('mine')
      },
    },
    { onError: (error) => void told.push(error) },
  ]

  test('by its signal', async () => {
    told.length = 0
    const controller = new AbortController()
    const failure = failureOf(
      new HttpClient({ baseUrl, transport: stuckTransport().transport, hooks }).get('/', { signal: controller.signal }),
    )
    await settle()
    controller.abort('enough')
    expect(await failure).toBe('enough')
    expect(told).toEqual(['enough'])
  })

  test('by the total time-out', async () => {
    told.length = 0
    const clock = new ManualClock()
    const client = new HttpClient({ baseUrl, transport: stuckTransport().transport, hooks, clock, totalTimeoutMs: 50 })
    const failure = failureOf(client.get('/'))
    await clock.advance(50)
    expect(await failure).toMatchObject({ code: 'timeout' })
    expect(told).toEqual([await failure])
  })

  test('by a forced close', async () => {
    told.length = 0
    const client = new HttpClient({ baseUrl, transport: stuckTransport().transport, hooks })
    const failure = failureOf(client.get('/'))
    await settle()
    await client.close({ graceMs: 0 })
    expect(await failure).toMatchObject({ code: 'closed', attempts: 1, request: { method: 'GET' } })
    expect(told).toEqual([await failure])
  })

  test('while the first hook was waited for: the others are told what the caller gets', async () => {
    told.length = 0
    const controller = new AbortController()
    const transport = async (): Promise<Response> => new Response('', { status: 404 })
    const failure = failureOf(new HttpClient({ baseUrl, transport, hooks }).get('/', { signal: controller.signal }))
    await settle()
    expect(told).toEqual([])
    controller.abort('enough')
    expect(await failure).toBe('enough')
    expect(told).toEqual(['enough'])
  })
})

test('the total time-out does not keep the process alive for a stream that nobody reads, but ends it all the same', async () => {
  const clock = new WatchedClock()
  const { origin } = await serve([], (_request, response) => void response.writeHead(200).write('one'))
  const client = new HttpClient({ baseUrl: origin, clock, timeoutMs: 0, totalTimeoutMs: 1_000 })
  const pending = client.get('/', { stream: true })
  expect(clock.keepsAlive).toEqual([true])
  await clock.advance(300)
  const reader = (await pending).body?.getReader()
  await settle()
  expect([clock.pendingDelays, clock.keepsAlive]).toEqual([[700], [false]])
  await reader?.read()
  const failure = failureOf(reader?.read() ?? Promise.resolve())
  await clock.advance(700)
  expect(await failure).toMatchObject({ code: 'timeout', timeoutMs: 1_000, elapsedMs: 1_000 })
  expect(clock.pendingDelays).toEqual([])
})

/** Knows which of the pending timers keep the process alive. */
class WatchedClock extends ManualClock {
  readonly #pending = new Map<unknown, boolean>()

  get keepsAlive(): boolean[] {
    return [...this.#pending.values()]
  }

  override setTimeout(
    ...[callback, delayMs, keepsAlive = false]: Parameters<Clock['setTimeout']>
  ): ReturnType<ManualClock['setTimeout']> {
    const timer = super.setTimeout(callback, delayMs)
    this.#pending.set(timer, keepsAlive)
    return timer
  }

  override clearTimeout(handle: unknown): void {
    this.#pending.delete(handle)
    super.clearTimeout(handle)
  }
}
