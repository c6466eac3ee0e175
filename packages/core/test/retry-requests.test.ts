import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AuthenticationError, CircuitOpenError, ConnectionError, ServerError } from '../src/errors.ts'
import type { Handler, HttpMethod, HttpRequest } from '../src/handler.ts'
import type { Hooks } from '../src/hooks.ts'
import { HttpClient } from '../src/http-client.ts'
import type { CircuitBreaker, FailedAttempt, RetryStrategy } from '../src/retry-strategy.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson, serve } from './fixtures/loopback.ts'
import { ManualClock, settle } from './fixtures/manual-clock.ts'

/** Retries as often as said, after the same delay, and keeps what it was told. */
function strategy(maxRetries: number, delayMs = 0): RetryStrategy & { readonly failures: FailedAttempt[] } {
  const failures: FailedAttempt[] = []
  return {
    failures,
    nextDelay: (failure) => {
      failures.push(failure)
      return failure.retryable && failure.retry < maxRetries ? delayMs : undefined
    },
  }
}

test('GET 503 twice, then 200: three attempts, and the result of the third', async () => {
  const api = await loopback((_request, response, count) => sendJson(response, count < 3 ? 503 : 200, { count }))
  const response = await new HttpClient({ baseUrl: api.origin, retryStrategy: strategy(3) }).get('/')
  expect(response.attempts).toBe(3)
  expect(await response.json()).toEqual({ count: 3 })
})

test('the last error tells the waits before each send, and why it was not sent again', async () => {
  const server = await loopback((_request, response) => sendJson(response, 503, {}))
  const retryStrategy = { nextDelay: ({ retry }: { retry: number }) => [1, 2][retry] }
  const client = new HttpClient({ baseUrl: server.origin, retryStrategy })
  expect(await failureOf(client.get('/'))).toMatchObject({ attempts: 3, retryDelaysMs: [1, 2] })
  expect(await failureOf(client.post('/', { json: 1 }))).toMatchObject({
    attempts: 1,
    notRetried: 'POST is not idempotent: give an idempotencyKey',
  })
  const body = new Blob(['x']).stream()
  expect(await failureOf(client.put('/', { body }))).toMatchObject({
    attempts: 1,
    notRetried: 'the body is not replayable: give a function that makes it',
  })
  expect(Object.keys((await failureOf(new HttpClient({ baseUrl: server.origin }).get('/'))) as object)).not.toContain(
    'notRetried',
  )
})

test('nothing is retried without a strategy, nor with `retryStrategy: false`', async () => {
  const api = await loopback((_request, response) => sendJson(response, 503, {}))
  await failureOf(new HttpClient({ baseUrl: api.origin }).get('/'))
  await failureOf(new HttpClient({ baseUrl: api.origin, retryStrategy: strategy(3) }).get('/', { retryStrategy: false }))
  expect(api.requests).toHaveLength(2)
})

test('what is left when the strategy gives up is the last error, with the number of attempts', async () => {
  const api = await loopback((_request, response, count) => sendJson(response, 503, { count }))
  const retryStrategy = strategy(2)
  const error = await failureOf(new HttpClient({ baseUrl: api.origin, retryStrategy }).get('/'))
  expect(error).toBeInstanceOf(ServerError)
  expect(error).toMatchObject({ attempts: 3, data: { count: 3 }, retryable: true })
  expect(retryStrategy.failures.map(({ retry, status, code }) => [retry, status, code])).toEqual([
    [0, 503, 'http_503'],
    [1, 503, 'http_503'],
    [2, 503, 'http_503'],
  ])
  expect(retryStrategy.failures[0]?.error).toBeInstanceOf(ServerError)
})

describe('methods', () => {
  test.each<[HttpMethod, object, number]>([
    ['GET', {}, 2],
    ['HEAD', {}, 2],
    ['OPTIONS', {}, 2],
    ['PUT', { json: 1 }, 2],
    ['DELETE', {}, 2],
    ['POST', { json: 1 }, 1],
    ['PATCH', { json: 1 }, 1],
    ['POST', { json: 1, idempotencyKey: 'k' }, 2],
    ['POST', { json: 1, headers: { 'Idempotency-Key': 'k' } }, 2],
    ['PUT', { body: () => 'anew' }, 2],
  ])('%s with %j is sent %i times on a 503', async (method, options, sends) => {
    const api = await loopback((_request, response) => sendJson(response, 503, {}))
    await failureOf(new HttpClient({ baseUrl: api.origin, retryStrategy: strategy(1) }).request(method, '/', options))
    expect(api.requests).toHaveLength(sends)
    if ('idempotencyKey' in options) expect(api.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['k', 'k'])
  })

  test('a connection that could not be made is retried for every method', async () => {
    const retryStrategy = strategy(1)
    const client = new HttpClient({ baseUrl: 'http://127.0.0.1:1', retryStrategy })
    const error = await failureOf(client.post('/', { json: {} }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ requestSent: false, attempts: 2, retryable: true })
  })

  test('a connection that broke after the request is retried for GET and not for POST', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.destroy())).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.close()
    })
    const address = server.address()
    const baseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const client = new HttpClient({ baseUrl, retryStrategy: strategy(1) })
    expect(await failureOf(client.get('/'))).toMatchObject({ code: 'connection', requestSent: true, attempts: 2 })
    expect(await failureOf(client.post('/', { json: {} }))).toMatchObject({ code: 'connection', requestSent: true, attempts: 1 })
  })
})

describe('bodies', () => {
  test('a stream is sent once, and the original error surfaces', async () => {
    const api = await loopback((_request, response) => sendJson(response, 503, {}))
    const client = new HttpClient({ baseUrl: api.origin, retryStrategy: strategy(3) })
    const error = await failureOf(client.put('/', { body: new Blob(['once']).stream() }))
    expect(error).toMatchObject({ status: 503, attempts: 1 })
    expect(api.requests.map(({ body }) => body)).toEqual(['once'])
  })

  test('a factory makes a body for each attempt', async () => {
    const api = await loopback((_request, response, count) => sendJson(response, count < 3 ? 503 : 200, {}))
    let made = 0
    const body = (): ReadableStream<Uint8Array> => new Blob([`body ${++made}`]).stream()
    await new HttpClient({ baseUrl: api.origin, retryStrategy: strategy(3) }).put('/', { body })
    expect(api.requests.map(({ body: sent }) => sent)).toEqual(['body 1', 'body 2', 'body 3'])
  })

  const form = new FormData()
  form.set('file', new Blob(['content']), 'a.txt')
  test.each<[string, object]>([
    ['json', { json: { a: 'ü' } }],
    ['form', { form: { a: ['1', '2'] } }],
    ['string', { body: 'text ü' }],
    ['bytes', { body: new Uint8Array([1, 2, 250]) }],
    ['Blob', { body: new Blob(['blob']) }],
    ['URLSearchParams', { body: new URLSearchParams({ a: 'b c' }) }],
    ['FormData', { body: form }],
  ])('%s is replayed byte for byte', async (_name, options) => {
    const api = await loopback((_request, response, count) => sendJson(response, count < 2 ? 503 : 200, {}))
    await new HttpClient({ baseUrl: api.origin, retryStrategy: strategy(1) }).put('/', options)
    const [first, second] = api.requests
    expect(first?.body).not.toBe('')
    expect(second?.body).toBe(first?.body)
    expect(second?.headers['content-type']).toBe(first?.headers['content-type'])
  })
})

describe('Retry-After', () => {
  test.each([
    ['7', 7_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
    ['Thu, 01 Jan 2015 00:00:05 GMT', 0],
    ['Thursday, 01-Jan-26 00:00:09 GMT', 9_000],
    ['Thu Jan  1 00:00:09 2026', 9_000],
    ['soon', undefined],
    ['5 apples', undefined],
    ['-1', undefined],
    ['', undefined],
  ])('%j is %s ms', async (value, expected) => {
    const api = await loopback((_request, response) => sendJson(response, 429, {}, { 'retry-after': value }))
    const retryStrategy = strategy(0)
    await failureOf(new HttpClient({ baseUrl: api.origin, retryStrategy, clock: new ManualClock() }).get('/'))
    expect(retryStrategy.failures[0]?.retryAfterMs).toBe(expected)
  })
})

describe('waits between attempts', () => {
  test('last as long as the strategy says', async () => {
    const clock = new ManualClock()
    const api = await loopback((_request, response, count) => sendJson(response, count < 2 ? 503 : 200, {}))
    const pending = new HttpClient({ baseUrl: api.origin, clock, retryStrategy: strategy(1, 5_000) }).get('/')
    await expect.poll(() => clock.pendingDelays).toEqual([5_000])
    await clock.advance(4_999)
    expect(api.requests).toHaveLength(1)
    await clock.advance(1)
    expect((await pending).attempts).toBe(2)
    expect(clock.pendingDelays).toEqual([])
  })

  test('end at once on an abort, with its reason, and leave no timer', async () => {
    const clock = new ManualClock()
    const api = await loopback((_request, response) => sendJson(response, 503, {}))
    const controller = new AbortController()
    const failure = failureOf(
      new HttpClient({ baseUrl: api.origin, clock, retryStrategy: strategy(9, 60_000) }).get('/', { signal: controller.signal }),
    )
    await expect.poll(() => clock.pendingDelays).toEqual([60_000])
    const reason = new Error('the user left')
    controller.abort(reason)
    expect(await failure).toBe(reason)
    expect(clock.pendingDelays).toEqual([])
    expect(api.requests).toHaveLength(1)
  })

  test('are not begun if they would outlast totalTimeoutMs: the last answer is given now', async () => {
    const clock = new ManualClock()
    const api = await loopback((_request, response) => sendJson(response, 503, {}))
    const client = new HttpClient({ baseUrl: api.origin, clock, totalTimeoutMs: 10_000, retryStrategy: strategy(9, 20_000) })
    expect(await failureOf(client.get('/'))).toMatchObject({ status: 503, attempts: 1 })
    expect(clock.pendingDelays).toEqual([])
  })
})

test('failed answers are drained: ten retries need no more than two sockets', async () => {
  const api = await loopback((_request, response, count) => {
    response.writeHead(count < 10 ? 503 : 200)
    response.end('x'.repeat(100_000))
  })
  const client = new HttpClient({ baseUrl: api.origin, retryStrategy: strategy(10), throwHttpErrors: false })
  expect((await client.get('/')).attempts).toBe(10)
  expect(api.socketCount()).toBeLessThanOrEqual(2)
})

test('an AuthenticationError reaches the strategy as what it is', async () => {
  const retryStrategy = strategy(0)
  const tokenManager = { getToken: () => Promise.reject(new AuthenticationError('down', { retryable: true, retryAfterMs: 5 })) }
  const client = new HttpClient({ baseUrl: 'http://127.0.0.1:1', tokenAuth: { tokenManager }, retryStrategy })
  expect(await failureOf(client.post('/', { json: {} }))).toMatchObject({ code: 'authentication', attempts: 0 })
  expect(retryStrategy.failures).toMatchObject([{ code: 'authentication', retryAfterMs: 5 }])
})

describe('a circuit breaker', () => {
  function breakerOf(waits: readonly (number | undefined)[]): CircuitBreaker & { readonly told: string[] } {
    const told: string[] = []
    let asked = 0
    return {
      told,
      admit: () => {
        told.push('admit')
        return waits[asked++]
      },
      record: (outcome) => {
        told.push(outcome)
      },
    }
  }

  test('is asked before each send and told of each outcome once', async () => {
    const breaker = breakerOf([])
    const api = await loopback((_request, response, count) => sendJson(response, count < 3 ? 503 : 404, {}))
    const client = new HttpClient({ baseUrl: api.origin, retryStrategy: { ...strategy(5), breaker } })
    await failureOf(client.get('/'))
    expect(breaker.told).toEqual(['admit', 'failure', 'admit', 'failure', 'admit', 'success'])
  })

  test('that is open stops every method before anything is sent', async () => {
    const breaker = breakerOf([1_500])
    const api = await loopback((_request, response) => sendJson(response, 200, {}))
    const client = new HttpClient({ baseUrl: api.origin, retryStrategy: { ...strategy(5), breaker } })
    const error = await failureOf(client.post('/', { json: {} }))
    expect(error).toBeInstanceOf(CircuitOpenError)
    expect(error).toMatchObject({ code: 'circuit_open', retryAfterMs: 1_500, attempts: 0 })
    expect(api.requests).toHaveLength(0)
    expect(breaker.told).toEqual(['admit'])
  })

  test('ignores aborts and tokens that cannot be had, counts refused connections', async () => {
    const breaker = breakerOf([])
    const retryStrategy = { ...strategy(0), breaker }
    const api = await loopback(() => undefined)
    const controller = new AbortController()
    const aborted = failureOf(new HttpClient({ baseUrl: api.origin, retryStrategy }).get('/', { signal: controller.signal }))
    await expect.poll(() => api.requests).toHaveLength(1)
    controller.abort()
    await aborted
    const tokenManager = { getToken: () => Promise.reject(new Error('no')) }
    await failureOf(new HttpClient({ baseUrl: api.origin, retryStrategy, tokenAuth: { tokenManager } }).get('/'))
    await failureOf(new HttpClient({ baseUrl: 'http://127.0.0.1:1', retryStrategy }).get('/'))
    expect(breaker.told).toEqual(['admit', 'ignored', 'admit', 'ignored', 'admit', 'failure'])
    await settle()
  })
})

test('a service that is down is not stormed: retries are saved up by calls and by time', async () => {
  const clock = new ManualClock()
  let sends = 0
  const transport = async (): Promise<Response> => {
    sends++
    return new Response('', { status: 503 })
  }
  const client = new HttpClient({ baseUrl: 'http://127.0.0.1:1', clock, transport, retryStrategy: strategy(3) })
  for (let call = 0; call < 1_000; call++) await failureOf(client.get('/'))
  // 500 in reserve, and one for every five calls.
  expect(sends).toBeLessThanOrEqual(1_000 + 500 + 200)
  sends = 0
  await clock.advance(10_000)
  for (let call = 0; call < 20; call++) await failureOf(client.get('/'))
  expect(sends).toBe(20 + 60)
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, null, '5'])('a strategy that answers %s means giving up', async (answer) => {
  const api = await loopback((_request, response) => sendJson(response, 503, {}))
  const retryStrategy = { nextDelay: () => answer as number }
  await failureOf(new HttpClient({ baseUrl: api.origin, retryStrategy }).get('/'))
  expect(api.requests).toHaveLength(1)
})

test.each(['hangs', 'breaks off', 'drips'])(
  'a streamed answer that %s while it is given up does not keep the retry from being sent',
  async (way) => {
    const server = await serve([], (_request, response) => {
      sends += 1
      if (sends > 1) return sendJson(response, 200, { ok: true })
      response.writeHead(503, { 'content-length': '1000' })
      response.write('beginning')
      if (way === 'breaks off') setTimeout(() => response.destroy(), 5)
      if (way !== 'drips') return
      const drip = setInterval(() => response.write('x'), 5)
      response.on('close', () => clearInterval(drip))
    })
    let sends = 0
    const retryStrategy = { nextDelay: () => 0 }
    const client = new HttpClient({ baseUrl: server.origin, retryStrategy, throwHttpErrors: false })
    const response = await client.get('/', { stream: true, timeoutMs: 2_000 })
    expect(await response.json()).toEqual({ ok: true })
  },
)

describe('what was carried out is not sent again', () => {
  test.each([302, 303, 307])('a POST whose redirect (%i) leads to a server that is not there', async (status) => {
    const server = await loopback((_request, response) => response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end())
    const client = new HttpClient({ baseUrl: server.origin, retryStrategy: strategy(3), redirects: { follow: true } })
    expect(await failureOf(client.post('/'))).toMatchObject({ code: 'connection', requestSent: true, attempts: 1 })
    expect(server.requests).toHaveLength(1)
  })

  test('a GET that a hook has made a POST', async () => {
    const server = await loopback((_request, response) => sendJson(response, 503, {}))
    const hooks = [{ beforeRequest: (request: HttpRequest): HttpRequest => ({ ...request, method: 'POST' }) }]
    const client = new HttpClient({ baseUrl: server.origin, retryStrategy: strategy(3), hooks })
    expect(await failureOf(client.get('/'))).toMatchObject({ attempts: 1, notRetried: expect.stringContaining('POST') })
  })
})

test('a POST that middleware gives an Idempotency-Key is sent again', async () => {
  const server = await loopback((_request, response, count) => sendJson(response, count < 3 ? 503 : 200, {}))
  const middleware = [(next: Handler) => (request: HttpRequest) => next({ ...request, headers: { 'idempotency-key': 'k' } })]
  const client = new HttpClient({ baseUrl: server.origin, retryStrategy: strategy(3), middleware })
  expect((await client.post('/', { json: 1 })).attempts).toBe(3)
})

test('what the budget or the time does not allow any more says so', async () => {
  const server = await loopback((_request, response) => sendJson(response, 503, {}))
  const client = new HttpClient({ baseUrl: server.origin, retryStrategy: strategy(1_000, 60_000) })
  expect(await failureOf(client.get('/', { totalTimeoutMs: 30_000 }))).toMatchObject({
    attempts: 1,
    notRetried: expect.stringContaining('totalTimeoutMs'),
  })
  const eager = new HttpClient({ baseUrl: server.origin, retryStrategy: strategy(1_000), clock: new StoppedClock() })
  const notRetried = { notRetried: expect.stringContaining('budget') }
  expect(await failureOf(eager.get('/'))).toMatchObject({ attempts: 501, ...notRetried })
})

/** Time in which no budget grows. */
class StoppedClock extends ManualClock {
  override monotonic(): number {
    return 0
  }
}

describe('a send that fails before or after its way is over all the same', () => {
  function clientWith(record: () => void): {
    readonly client: HttpClient
    readonly clock: ManualClock
    readonly told: unknown[]
  } {
    const [clock, told]: [ManualClock, unknown[]] = [new ManualClock(), []]
    const hooks: Hooks[] = [{ beforeRequest: (_request, whenSent) => whenSent?.((outcome) => told.push(outcome)) }]
    const retryStrategy = { nextDelay: () => undefined, breaker: { admit: () => undefined, record } }
    const transport = async (): Promise<Response> => new Response('{}')
    return { clock, told, client: new HttpClient({ baseUrl: 'http://api.example', clock, hooks, retryStrategy, transport }) }
  }

  test('when its breaker throws: no timer is left, and listeners are told', async () => {
    const { client, clock, told } = clientWith(() => {
      throw new Error('not counted')
    })
    await expect(client.get('/')).rejects.toThrow('not counted')
    expect(clock.pendingDelays).toEqual([])
    expect(told).toMatchObject([{ status: 200 }])
  })

  test('when its body cannot be made: no timer is left, and the breaker is told', async () => {
    let records = 0
    const { client, clock } = clientWith(() => void records++)
    const body = (): never => {
      throw new Error('no body')
    }
    await expect(client.post('/', { body })).rejects.toThrow('no body')
    expect(clock.pendingDelays).toEqual([])
    expect(records).toBe(1)
  })

  test('when a listener throws: the breaker is told', async () => {
    let records = 0
    const { client, told } = clientWith(() => void records++)
    told.push = () => {
      throw new Error('not listening')
    }
    await expect(client.get('/')).rejects.toThrow('not listening')
    expect(records).toBe(1)
  })
})

describe('a circuit breaker is told nothing of the service', () => {
  function breakerOf(): CircuitBreaker & { readonly outcomes: string[] } {
    const outcomes: string[] = []
    return { outcomes, admit: () => undefined, record: (outcome) => void outcomes.push(outcome) }
  }

  test("by an abort, whatever its reason, or by the client's end", async () => {
    const server = await loopback(() => undefined)
    const breaker = breakerOf()
    const client = new HttpClient({ baseUrl: server.origin, retryStrategy: { nextDelay: () => undefined, breaker } })
    const controller = new AbortController()
    const failures = [failureOf(client.get('/', { signal: controller.signal })), failureOf(client.get('/'))]
    while (server.requests.length < 2) await settle()
    controller.abort(new ConnectionError('elsewhere'))
    await client.close({ graceMs: 0 })
    await Promise.all(failures)
    expect(breaker.outcomes).toEqual(['ignored', 'ignored'])
  })

  test('by the requests that end because another has failed', async () => {
    const server = await serve([], (request, response) => {
      if (request.url === '/1') setTimeout(() => response.destroy(), 20)
    })
    const breaker = breakerOf()
    const client = new HttpClient({ baseUrl: server.origin, retryStrategy: { nextDelay: () => undefined, breaker } })
    const requests = [0, 1, 2].map((index) => ({ method: 'GET', url: `/${index}` }) as const)
    await failureOf(client.requestMany(requests, { failFast: true }).next())
    await settle()
    expect(breaker.outcomes.sort()).toEqual(['failure', 'ignored', 'ignored'])
  })

  test('but by every time-out, the total one too', async () => {
    const server = await serve([], () => undefined)
    for (const limit of [{ timeoutMs: 30 }, { totalTimeoutMs: 30 }]) {
      const breaker = breakerOf()
      const client = new HttpClient({ baseUrl: server.origin, retryStrategy: { nextDelay: () => undefined, breaker } })
      await failureOf(client.get('/', limit))
      expect(breaker.outcomes).toEqual(['failure'])
    }
  })
})

test.each(['', ' '])('an Idempotency-Key that is empty (%j) makes nothing repeatable', async (key) => {
  const server = await loopback((_request, response) => sendJson(response, 503, {}))
  const client = new HttpClient({ baseUrl: server.origin, retryStrategy: strategy(3) })
  const headers = { 'Idempotency-Key': key }
  expect(await failureOf(client.post('/', { json: 1, headers }))).toMatchObject({ attempts: 1 })
})
