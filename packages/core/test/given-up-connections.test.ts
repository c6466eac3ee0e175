import { once } from 'node:events'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import { makeCertificates } from './fixtures/certificates.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson, serve } from './fixtures/loopback.ts'
import { ManualClock } from './fixtures/manual-clock.ts'

const { ca, server: keyPair } = makeCertificates()

interface Front {
  readonly port: number
  /** Those that are open now. */
  readonly open: Set<Socket>
  /** How many were ever opened. */
  socketCount: number
  /** On how many of them something was heard that is not answered. */
  unansweredCount: number
  /** Answers on each of them after all. */
  readonly answers: (() => void)[]
  /** Whether it takes connections and answers nothing. */
  hangs: boolean
}

/** In front of a server over TLS; `tunnel` is what a proxy does before it lets through. */
async function front(tunnel?: (socket: Socket) => Promise<void>): Promise<Front> {
  const inner = createSecureServer(keyPair, (_request, response) => sendJson(response, 200, {}))
  const state: Front = { port: 0, open: new Set(), socketCount: 0, unansweredCount: 0, answers: [], hangs: true }
  const server = createServer(async (socket) => {
    state.socketCount++
    state.open.add(socket)
    socket.on('error', () => undefined).once('close', () => state.open.delete(socket))
    await tunnel?.(socket)
    if (!state.hangs) return void inner.emit('connection', socket)
    socket.once('data', (hello) => {
      state.unansweredCount++
      socket.pause()
      state.answers.push(() => {
        socket.unshift(hello)
        inner.emit('connection', socket)
      })
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of state.open) socket.destroy()
    server.close()
  })
  return Object.assign(state, { port: (server.address() as AddressInfo).port })
}

const openTunnel = async (socket: Socket): Promise<void> => {
  await once(socket, 'data')
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
}

/** Patient, for busy machines. */
const poll = (count: () => number): ReturnType<typeof expect.poll> => expect.poll(count, { timeout: 10_000 })

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

type Config = NonNullable<ConstructorParameters<typeof HttpClient>[0]>

function clientOf(config: Config): HttpClient {
  const client = new HttpClient({ tls: { ca }, timeoutMs: 0, proxy: false, ...config })
  onTestFinished(() => client.close({ graceMs: 0 }))
  return client
}

describe('a connection whose request was given up', () => {
  const bodies: readonly [string, () => BodyInit | undefined][] = [
    ['no body', () => undefined],
    ['a stream', () => new Blob(['some']).stream()],
  ]

  test.each(bodies)('ends at once, and those that queued behind it get another (%s)', async (_what, body) => {
    const target = await front()
    const client = clientOf({ baseUrl: `https://127.0.0.1:${target.port}`, poolMaxsize: 1 })
    const send = (signal?: AbortSignal): Promise<unknown> => client.post('/', { body: body() as string, signal }).json()
    const [first, second] = [new AbortController(), new AbortController()]
    const failures = [failureOf(send(first.signal)), failureOf(send(second.signal))]
    const served = [send(), send()]
    await poll(() => target.unansweredCount).toBe(1)
    first.abort()
    await poll(() => target.socketCount).toBe(2)
    await poll(() => target.open.size).toBe(1)
    target.hangs = false
    second.abort()
    expect(await Promise.all(served)).toEqual([{}, {}])
    expect(await Promise.all(failures)).toMatchObject([{ name: 'AbortError' }, { name: 'AbortError' }])
    expect(target.socketCount).toBe(3)
  })

  test('takes no place in the pool', async () => {
    const target = await front()
    const client = clientOf({ baseUrl: `https://127.0.0.1:${target.port}`, poolMaxsize: 2 })
    const controller = new AbortController()
    const failures = Array.from({ length: 4 }, () => failureOf(client.get('/', { signal: controller.signal })))
    await poll(() => target.socketCount).toBe(2)
    controller.abort()
    await Promise.all(failures)
    await poll(() => target.open.size).toBe(0)
    target.hangs = false
    expect(await client.get('/').json()).toEqual({})
    expect(target.socketCount).toBe(3)
  })

  const proxies: readonly [string, Config, ((socket: Socket) => Promise<void>)?][] = [
    ['a proxy that answers no CONNECT', {}],
    ['a proxy in whose tunnel nobody answers', {}, openTunnel],
    ['a proxy over TLS that shakes no hands', { proxy: 'https:' }],
    ['a proxy over TLS that shakes no hands, for plain http', { baseUrl: 'http://api.example', proxy: 'https:' }],
  ]

  test.each(proxies)('ends at once at %s', async (_what, { baseUrl = 'https://api.example', proxy = 'http:' }, tunnel) => {
    const target = await front(tunnel)
    const client = clientOf({ baseUrl, proxy: `${proxy}//127.0.0.1:${target.port}`, poolMaxsize: 3 })
    const controller = new AbortController()
    const failures = Array.from({ length: 5 }, () => failureOf(client.get('/', { signal: controller.signal })))
    await poll(() => target.unansweredCount).toBe(3)
    controller.abort()
    await Promise.all(failures)
    await poll(() => target.open.size).toBe(0)
    expect(target.socketCount).toBe(3)
  })

  test('leaves the tunnels of others alone', async () => {
    const proxy = await front(openTunnel)
    const client = clientOf({
      baseUrl: 'https://localhost.example',
      tls: { ca, servername: 'localhost' },
      proxy: `http://127.0.0.1:${proxy.port}`,
      poolMaxsize: 1,
    })
    const controller = new AbortController()
    const failure = failureOf(client.get('/', { signal: controller.signal }))
    const served = [client.get('/').json(), client.get('/').json()]
    await poll(() => proxy.unansweredCount).toBe(1)
    proxy.hangs = false
    controller.abort()
    expect(await Promise.all(served)).toEqual([{}, {}])
    expect(await failure).toMatchObject({ name: 'AbortError' })
    expect(proxy.socketCount).toBe(2)
  })

  test('is still made for another that came to wait for it', async () => {
    const target = await front()
    const client = clientOf({ baseUrl: `https://127.0.0.1:${target.port}`, poolMaxsize: 2 })
    const [first, late] = [new AbortController(), new AbortController()]
    const failures = [failureOf(client.get('/', { signal: first.signal }))]
    const served = Array.from({ length: 4 }, () => client.get('/').json())
    await poll(() => target.unansweredCount).toBe(2)
    first.abort()
    await poll(() => target.unansweredCount).toBe(3)
    // undici sends one of those that queue along with whatever comes while it has a connection too few.
    failures.push(failureOf(client.get('/', { signal: late.signal })))
    await poll(() => target.unansweredCount).toBe(4)
    target.hangs = false
    late.abort()
    await failures[1]
    for (const answer of target.answers) answer()
    expect(await Promise.all(served)).toEqual([{}, {}, {}, {}])
    expect(await Promise.all(failures)).toMatchObject([{ name: 'AbortError' }, { name: 'AbortError' }])
  })

  test.each([
    ['made straight', false],
    ['in tunnels', true],
  ])('harms no other request, whatever is aborted at whatever moment (connections %s)', async (_how, isTunnel) => {
    const target = await front(isTunnel ? openTunnel : undefined)
    target.hangs = false
    const client = isTunnel
      ? clientOf({ baseUrl: 'https://localhost:1', proxy: `http://127.0.0.1:${target.port}`, poolMaxsize: 3 })
      : clientOf({ baseUrl: `https://127.0.0.1:${target.port}`, poolMaxsize: 3 })
    const served: Promise<unknown>[] = []
    const failures: Promise<unknown>[] = []
    for (let index = 0; index < 200; index++) {
      const controller = new AbortController()
      failures.push(failureOf(client.post('/', { body: 'x', signal: controller.signal })))
      if (index % 3 === 0) served.push(client.get('/').json())
      // Moments are turns of the event loop: more or fewer of them, in an order that has no rhythm.
      void turns((index * 7) % 23).then(() => controller.abort())
      await turns((index * 5) % 4)
    }
    expect(await Promise.all(served)).toHaveLength(67)
    for (const failure of await Promise.all(failures))
      if (failure !== 'no failure') expect(failure).toMatchObject({ name: 'AbortError' })
  })
})

describe('a request that was given up', () => {
  const interruptions: readonly [string, (client: HttpClient, signal: AbortSignal) => Promise<unknown>][] = [
    ['by a time-out', (client) => client.get('/hang', { timeoutMs: 40 })],
    ['by an abort', (client, signal) => client.get('/hang', { signal })],
    ['in its body', (client) => client.get('/half', { timeoutMs: 40 }).text()],
    ['while its body was a stream', (client) => client.get('/half', { stream: true, timeoutMs: 40 }).text()],
    ['by who cancels its body', (client) => client.get('/half', { stream: true }).then(({ body }) => body?.cancel())],
  ]

  test.each(interruptions)('%s leaves no other connection behind', async (_how, send) => {
    const open = new Set<Socket>()
    let seenCount = 0
    const target = await serve([], ({ url, socket }, response) => {
      seenCount++
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      if (url === '/half') response.writeHead(200, { 'content-length': '10' }).write('half')
      else if (url !== '/hang') sendJson(response, 200, {})
    })
    const clock = new ManualClock()
    const controller = new AbortController()
    const client = clientOf({ baseUrl: target.origin, poolMaxsize: 6, clock })
    let endedCount = 0
    for (let index = 0; index < 6; index++) void failureOf(send(client, controller.signal)).then(() => endedCount++)
    await poll(() => seenCount).toBe(6)
    controller.abort()
    while (endedCount < 6) await clock.advance(40)
    await poll(() => open.size).toBe(0)
    expect(await client.get('/').json()).toEqual({})
    expect(target.socketCount()).toBe(7)
  })

  test('while it queued for a connection leaves that to the others', async () => {
    const answers: (() => void)[] = []
    const target = await loopback((_request, response) => answers.push(() => sendJson(response, 200, {})))
    const client = clientOf({ baseUrl: target.origin, poolMaxsize: 1 })
    const controller = new AbortController()
    const first = client.get('/first').json()
    const failures = Array.from({ length: 5 }, () => failureOf(client.get('/queued', { signal: controller.signal })))
    const last = client.get('/last').json()
    await poll(() => answers.length).toBe(1)
    controller.abort()
    await Promise.all(failures)
    answers[0]?.()
    await poll(() => answers.length).toBe(2)
    answers[1]?.()
    expect(await Promise.all([first, last])).toEqual([{}, {}])
    expect(target.requests.map(({ path }) => path)).toEqual(['/first', '/last'])
    expect(target.socketCount()).toBe(1)
  })
})
