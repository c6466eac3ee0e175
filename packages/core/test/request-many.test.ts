import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../src/errors.ts'
import type { HttpResponse } from '../src/handler.ts'
import { HttpClient } from '../src/http-client.ts'
import type { RequestDescription, RequestManyOptions, RequestOutcome } from '../src/request-many.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback } from './fixtures/loopback.ts'
import { settle } from './fixtures/manual-clock.ts'

interface Pending {
  readonly path: string
  readonly signal: AbortSignal
  answer(status?: number): void
}

/** A client whose requests are answered when the test says so. */
function heldClient(): { readonly client: HttpClient; readonly pending: Pending[] } {
  const pending: Pending[] = []
  const transport = (url: string, { signal }: RequestInit): Promise<Response> =>
    new Promise((resolve, reject) => {
      if (!(signal instanceof AbortSignal)) return reject(new Error('no signal'))
      signal.addEventListener('abort', () => reject(signal.reason))
      pending.push({ path: new URL(url).pathname, signal, answer: (status = 200) => resolve(new Response('{}', { status })) })
    })
  return { pending, client: new HttpClient({ baseUrl: 'https://api.example.com', transport, timeoutMs: 0 }) }
}

const requests = (count: number): RequestDescription[] =>
  Array.from({ length: count }, (_, index) => ({ method: 'GET', url: `/${index}` }))

async function collect(outcomes: AsyncIterable<RequestOutcome>, into: RequestOutcome[] = []): Promise<RequestOutcome[]> {
  for await (const outcome of outcomes) into.push(outcome)
  return into
}

test('outcomes come in the order of completion, with the index of their request', async () => {
  const { client, pending } = heldClient()
  const collected = collect(client.requestMany(requests(3)))
  await settle()
  for (const index of [2, 0, 1]) {
    pending[index]?.answer(index === 0 ? 500 : 200)
    await settle()
  }
  const outcomes = await collected
  expect(outcomes.map(({ index, ok }) => [index, ok])).toEqual([
    [2, true],
    [0, false],
    [1, true],
  ])
  expect(outcomes[0]?.response?.status).toBe(200)
  expect(outcomes[1]?.error).toMatchObject({ code: 'http_500' })
})

test('also those that completed while the loop was busy with another', async () => {
  const { client, pending } = heldClient()
  const outcomes = client.requestMany(requests(3))
  const first = outcomes.next()
  await settle()
  pending[1]?.answer()
  await first
  pending[2]?.answer()
  await settle()
  pending[0]?.answer()
  await settle()
  expect((await collect(outcomes)).map(({ index }) => index)).toEqual([2, 0])
})

test('nothing is sent before the first next()', async () => {
  const { client, pending } = heldClient()
  const outcomes = client.requestMany(requests(1))
  await settle()
  expect(pending).toHaveLength(0)
  const first = outcomes.next()
  await settle()
  expect(pending).toHaveLength(1)
  pending[0]?.answer()
  await first
})

test.each([
  [undefined, 5],
  [1, 1],
  [7, 7],
])('with concurrency %s, %i are sent at a time', async (concurrency, expected) => {
  const { client, pending } = heldClient()
  const collected = collect(client.requestMany(requests(20), { concurrency }))
  for (let answered = 0; answered < 20; answered++) {
    await settle()
    expect(pending).toHaveLength(Math.min(20, expected + answered))
    pending[answered]?.answer()
  }
  expect(await collected).toHaveLength(20)
})

test('requests are taken from their iterable as they are needed', async () => {
  const { client, pending } = heldClient()
  let taken = 0
  let isClosed = false
  function* endless(): Generator<RequestDescription> {
    try {
      for (;;) yield { method: 'GET', url: `/${taken++}` }
    } finally {
      isClosed = true
    }
  }
  const outcomes = client.requestMany(endless(), { concurrency: 2 })
  const first = outcomes.next()
  await settle()
  expect(taken).toBe(2)
  pending[0]?.answer()
  await first
  await outcomes.return()
  expect(taken).toBe(2)
  expect(isClosed).toBe(true)
})

describe('what is in flight is aborted, and nothing more is started', () => {
  test('when the loop is left', async () => {
    const { client, pending } = heldClient()
    const left = (async () => {
      for await (const _ of client.requestMany(requests(9), { concurrency: 3 })) break
    })()
    await settle()
    pending[1]?.answer()
    await left
    await settle()
    expect(pending.map(({ signal }) => signal.aborted)).toEqual([true, false, true])
  })

  test('when one fails and failFast is set, at once, with its error', async () => {
    const { client, pending } = heldClient()
    const seen: RequestOutcome[] = []
    const collected = collect(client.requestMany(requests(9), { concurrency: 3, failFast: true }), seen)
    await settle()
    pending[2]?.answer()
    await settle()
    pending[1]?.answer(404)
    await expect(collected).rejects.toMatchObject({ code: 'http_404' })
    expect(seen.map(({ index }) => index)).toEqual([2])
    await settle()
    expect(pending.map(({ path, signal }) => [path, signal.aborted])).toEqual([
      ['/0', true],
      ['/1', false],
      ['/2', false],
      ['/3', true],
    ])
  })

  test('even while the loop is busy', async () => {
    const { client, pending } = heldClient()
    const outcomes = client.requestMany(requests(9), { concurrency: 3, failFast: true })
    const first = outcomes.next()
    await settle()
    pending[0]?.answer()
    await first
    pending[1]?.answer(404)
    await settle()
    expect(pending[2]?.signal.aborted).toBe(true)
    await expect(outcomes.next()).rejects.toMatchObject({ code: 'http_404' })
    expect(pending).toHaveLength(3)
  })

  test('when the signal is aborted, with its reason', async () => {
    const { client, pending } = heldClient()
    const controller = new AbortController()
    const collected = collect(client.requestMany(requests(9), { concurrency: 2, signal: controller.signal }))
    await settle()
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(collected).rejects.toBe(reason)
    expect(pending.map(({ signal }) => signal.aborted)).toEqual([true, true])
  })

  test('when it was aborted before', async () => {
    const { client, pending } = heldClient()
    const reason = new Error('enough')
    await expect(collect(client.requestMany(requests(2), { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
    expect(pending).toHaveLength(0)
  })
})

test("one request's own signal ends that request alone", async () => {
  const { client, pending } = heldClient()
  const controller = new AbortController()
  const collected = collect(
    client.requestMany([
      { method: 'GET', url: '/0', signal: controller.signal },
      { method: 'GET', url: '/1' },
    ]),
  )
  await settle()
  controller.abort()
  pending[1]?.answer()
  expect((await collected).map(({ index, ok }) => [index, ok])).toEqual([
    [0, false],
    [1, true],
  ])
})

test('a request that cannot be made is an outcome like any other', async () => {
  const { client } = heldClient()
  const outcomes = await collect(client.requestMany([{ method: 'GET', url: '//evil.example' }]))
  expect(outcomes[0]?.error).toBeInstanceOf(ConfigurationError)
})

test('bad options fail in the call', () => {
  const { client } = heldClient()
  for (const options of [{ concurrency: 0 }, { concurrency: 1.5 }, { failFast: 1 }, { maxWorkers: 5 }]) {
    // The types forbid it; JavaScript does not.
    expect(() => client.requestMany([], options as RequestManyOptions)).toThrow(ConfigurationError)
  }
  expect(() => client.requestMany(5 as unknown as RequestDescription[])).toThrow(/iterable/)
})

describe('a signal that lives long keeps nothing of the requests that had it', () => {
  async function listenersAfter(answer: () => Response | Promise<Response>, stream: boolean): Promise<number> {
    const { signal } = new AbortController()
    const client = new HttpClient({ baseUrl: 'http://api.example', transport: async () => answer() })
    const descriptions = [1, 2, 3].map(() => ({ method: 'GET' as const, url: '/', signal, stream }))
    for await (const { response } of client.requestMany(descriptions)) await response?.text()
    return getEventListeners(signal, 'abort').length
  }

  test.each<[string, () => Response | Promise<Response>, boolean]>([
    ['read at once', () => new Response('text'), false],
    ['streamed', () => new Response('text'), true],
    ['streamed, with nothing in it', () => new Response(null), true],
    ['streamed, of an error', () => new Response('text', { status: 500 }), true],
    ['streamed, of a failure', () => Promise.reject(new TypeError('failed')), true],
  ])('%s', async (_what, answer, stream) => {
    expect(await listenersAfter(answer, stream)).toBe(0)
  })
})

test("a request's own signal, and that of all, end its stream too", async () => {
  const [own, all] = [new AbortController(), new AbortController()]
  const transport = async (): Promise<Response> => new Response(new ReadableStream())
  const client = new HttpClient({ baseUrl: 'http://api.example', transport })
  const described = { method: 'GET', url: '/', stream: true } as const
  const failures: Promise<unknown>[] = []
  const outcomes = client.requestMany([{ ...described, signal: own.signal }, described, described], {
    concurrency: 2,
    signal: all.signal,
  })
  for (const each of [await outcomes.next(), await outcomes.next()])
    failures.push(failureOf((each.value as RequestOutcome).response?.text() ?? Promise.resolve()))
  own.abort(new Error('mine'))
  expect(await failures[0]).toMatchObject({ message: 'mine' })
  all.abort(new Error('all'))
  expect(await failures[1]).toMatchObject({ message: 'all' })
})

test('what is no request, or no signal, is named', async () => {
  const client = new HttpClient({ baseUrl: 'http://api.example', transport: async () => new Response('') })
  const outcomes: unknown[] = []
  const requests = [null, { method: 'GET', url: '/', signal: {} }] as unknown as RequestDescription[]
  for await (const { error } of client.requestMany(requests)) outcomes.push(error)
  expect(outcomes).toMatchObject([{ code: 'configuration' }, { code: 'configuration', option: 'signal' }])
  expect(() => client.requestMany([], { signal: {} as AbortSignal })).toThrow(ConfigurationError)
})

test('a stream that was yielded can be read when all are over', async () => {
  const server = await loopback((_request, response) => response.end('x'.repeat(100_000)))
  const client = new HttpClient({ baseUrl: server.origin })
  const responses: HttpResponse[] = []
  for await (const outcome of client.requestMany([{ method: 'GET', url: '/', stream: true }]))
    if (outcome.ok) responses.push(outcome.response)
  expect((await responses[0]?.text())?.length).toBe(100_000)
})

describe('a stream that was yielded', () => {
  /** A client whose answers never end, and what their bodies were cancelled with. */
  function endlessClient(): { readonly client: HttpClient; readonly signals: AbortSignal[] } {
    const signals: AbortSignal[] = []
    const transport = async (_url: string, { signal }: RequestInit): Promise<Response> => {
      if (signal instanceof AbortSignal) signals.push(signal)
      return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1)) }))
    }
    return { signals, client: new HttpClient({ baseUrl: 'https://api.example.com', transport }) }
  }
  const streams: readonly RequestDescription[] = [0, 1, 2].map((index) => ({ method: 'GET', url: `/${index}`, stream: true }))

  test("is the caller's when the loop is left; what was not yielded is aborted", async () => {
    const { client, signals } = endlessClient()
    const outcomes = client.requestMany(streams)
    const first = (await outcomes.next()).value
    await settle()
    await outcomes.return()
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true, true])
    expect(first?.response && (await first.response.body?.getReader().read())).toMatchObject({ done: false })
  })

  test('is ended by the signal of them all as long as the loop runs', async () => {
    const { client, signals } = endlessClient()
    const controller = new AbortController()
    const outcomes = client.requestMany(streams, { signal: controller.signal })
    const first = (await outcomes.next()).value
    const reader = first?.response?.body?.getReader()
    controller.abort('enough')
    await expect(reader?.read()).rejects.toBe('enough')
    await expect(outcomes.next()).rejects.toBe('enough')
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true])
  })
})

describe('the signal of them all', () => {
  const streams = [0, 1, 2].map((): RequestDescription => ({ method: 'GET', url: '/', stream: true }))
  const transport = async (): Promise<Response> => new Response(new ReadableStream())

  test('ends streams that were yielded when the loop is over, too, and has one listener for them all', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const client = new HttpClient({ baseUrl: 'http://api.example', transport })
    const failures: Promise<unknown>[] = []
    for await (const { response } of client.requestMany(streams, { signal }))
      failures.push(failureOf(response?.text() ?? Promise.resolve()))
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    controller.abort('enough')
    expect(await Promise.all(failures)).toEqual(['enough', 'enough', 'enough'])
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('and when the loop was left', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const client = new HttpClient({ baseUrl: 'http://api.example', transport })
    let failure: Promise<unknown> | undefined
    for await (const { response } of client.requestMany(streams, { signal })) {
      failure = failureOf(response?.text() ?? Promise.resolve())
      break
    }
    controller.abort('enough')
    expect(await failure).toBe('enough')
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('may be of another library, that knows little more than its listeners', async () => {
    const { client, pending } = heldClient()
    const listeners = new Set<() => void>()
    const signal = {
      aborted: false,
      reason: undefined as unknown,
      addEventListener: (_type: string, listener: () => void) => void listeners.add(listener),
      removeEventListener: (_type: string, listener: () => void) => void listeners.delete(listener),
    }
    const collected = failureOf(collect(client.requestMany(requests(2), { signal: signal as never })))
    await settle()
    expect(pending).toHaveLength(2)
    Object.assign(signal, { aborted: true, reason: 'enough' })
    for (const listener of [...listeners]) listener()
    expect(await collected).toBe('enough')
    expect(await failureOf(collect(client.requestMany(requests(1), { signal: signal as never })))).toBe('enough')
  })
})

test("with failFast a stream that was there before the failure is the caller's, and is aborted if nobody asks for it", async () => {
  const signals = new Map<string, AbortSignal>()
  let fail: () => void = () => undefined
  const transport = async (url: string, { signal }: RequestInit): Promise<Response> => {
    const { pathname } = new URL(url)
    if (signal instanceof AbortSignal) signals.set(pathname, signal)
    if (pathname === '/fails') return new Promise((resolve) => (fail = () => resolve(new Response('', { status: 404 }))))
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1)) }))
  }
  const client = new HttpClient({ baseUrl: 'http://api.example', transport })
  const described = ['/a', '/b', '/c', '/fails'].map((url): RequestDescription => ({ method: 'GET', url, stream: true }))
  const outcomes = client.requestMany(described, { failFast: true })
  const first = await outcomes.next()
  await settle()
  fail()
  await settle()
  const second = await outcomes.next()
  for (const { value } of [first, second]) {
    const reader = (value as RequestOutcome).response?.body?.getReader()
    expect(await reader?.read()).toMatchObject({ done: false })
  }
  await outcomes.return()
  expect(['/a', '/b', '/c'].map((path) => signals.get(path)?.aborted)).toEqual([false, false, true])
})

test('with failFast nothing more is taken from the iterable after a failure', async () => {
  const { client, pending } = heldClient()
  let taken = 0
  function* endless(): Generator<RequestDescription> {
    for (;;) yield { method: 'GET', url: `/${taken++}` }
  }
  const outcomes = client.requestMany(endless(), { concurrency: 3, failFast: true })
  const first = outcomes.next()
  await settle()
  pending[0]?.answer()
  pending[1]?.answer()
  await first
  pending[2]?.answer(404)
  await settle()
  await expect(outcomes.next().then(() => outcomes.next())).rejects.toMatchObject({ code: 'http_404' })
  expect(taken).toBe(3)
})

describe('the iterable of requests is left as a loop leaves it', () => {
  /** Requests without end, which fail when they are left. */
  function* failingWhenLeft(): Generator<RequestDescription> {
    try {
      for (let index = 0; ; index++) yield { method: 'GET', url: `/${index}` }
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: what is tested is a cleanup that fails.
      throw new Error('cleanup failed')
    }
  }

  /** Ends after as many requests, and counts what is asked of it. */
  function counted(count: number): { readonly iterable: Iterable<RequestDescription>; readonly asked: string[] } {
    const asked: string[] = []
    const left = requests(count)
    const iterator: Iterator<RequestDescription> = {
      next() {
        asked.push('next')
        const value = left.shift()
        return value === undefined ? { done: true, value } : { done: false, value }
      },
      return() {
        asked.push('return')
        return { done: true, value: undefined }
      },
    }
    return { asked, iterable: { [Symbol.iterator]: () => iterator } }
  }

  test('what fails when it is left leaves no request running', async () => {
    const { client, pending } = heldClient()
    const outcomes = client.requestMany(failingWhenLeft(), { concurrency: 3 })
    const first = outcomes.next()
    await settle()
    pending[0]?.answer()
    await first
    await expect(outcomes.return()).rejects.toThrow('cleanup failed')
    expect(pending.slice(1).map(({ signal }) => signal.aborted)).toEqual([true, true])
  })

  test('and does not hide the failure that ended the others', async () => {
    const { client, pending } = heldClient()
    const first = client.requestMany(failingWhenLeft(), { concurrency: 2, failFast: true }).next()
    await settle()
    pending[0]?.answer(404)
    await expect(first).rejects.toMatchObject({ code: 'http_404' })
  })

  test('what has ended by itself is asked no more, and not told to end', async () => {
    const { client, pending } = heldClient()
    const { iterable, asked } = counted(2)
    const collected = collect(client.requestMany(iterable, { concurrency: 3 }))
    await settle()
    for (const request of pending) {
      request.answer()
      await settle()
    }
    expect(await collected).toHaveLength(2)
    expect(asked).toEqual(['next', 'next', 'next'])
  })

  test('what has not ended is told to, once', async () => {
    const { client, pending } = heldClient()
    const { iterable, asked } = counted(2)
    const outcomes = client.requestMany(iterable, { concurrency: 1 })
    const first = outcomes.next()
    await settle()
    pending[0]?.answer()
    await first
    await outcomes.return()
    expect(asked).toEqual(['next', 'return'])
  })

  test('what throws has ended', async () => {
    const { client } = heldClient()
    let returned = 0
    const iterator = {
      next: () => {
        throw new Error('no more')
      },
      return: () => ({ done: true, value: ++returned }),
    }
    const outcomes = client.requestMany({ [Symbol.iterator]: () => iterator as never })
    await expect(outcomes.next()).rejects.toThrow('no more')
    expect(returned).toBe(0)
  })
})
