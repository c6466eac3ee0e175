import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import type { HttpClientConfig } from '../src/config.ts'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { serve } from './fixtures/loopback.ts'
import { ManualClock, settle } from './fixtures/manual-clock.ts'

type Give = (signal: AbortSignal) => HttpClientConfig

const givers: readonly [string, Give][] = [
  ['a middleware', (signal) => ({ middleware: [(next) => (request) => next({ ...request, signal })] })],
  ['a beforeRequest hook', (signal) => ({ hooks: [{ beforeRequest: (request) => ({ ...request, signal }) }] })],
]

/** Answers `/headers` with nothing, `/body` with half a body, and everything else whole. */
async function hangingServer(asked: () => void = () => undefined, closed: () => void = () => undefined): Promise<string> {
  const { origin } = await serve([], (request, response) => {
    asked()
    response.once('close', closed)
    if (request.url === '/headers') return
    response.writeHead(200, { 'content-length': '4' }).write('ha')
    if (request.url !== '/body') response.end('lf')
  })
  return origin
}

describe.each(givers)('a signal that %s gives its request', (_giver, give) => {
  test.each(['/headers', '/body'])('ends the wait at %s with its own reason, and the send', async (path) => {
    const [asked, closed] = [vi.fn(), vi.fn()]
    const controller = new AbortController()
    const client = new HttpClient({ baseUrl: await hangingServer(asked, closed), ...give(controller.signal) })
    const failure = failureOf(client.get(path))
    await expect.poll(() => asked).toHaveBeenCalledOnce()
    controller.abort('enough')
    expect(await failure).toBe('enough')
    await expect.poll(() => closed).toHaveBeenCalledOnce()
  })

  test('ends the body that is read as a stream', async () => {
    const controller = new AbortController()
    const client = new HttpClient({ baseUrl: await hangingServer(), ...give(controller.signal) })
    const response = await client.get('/body', { stream: true })
    controller.abort('enough')
    expect(await failureOf(response.text())).toBe('enough')
  })

  test('lets nothing be sent if it was aborted before', async () => {
    const transport = vi.fn(async () => new Response())
    const client = new HttpClient({ baseUrl: 'http://api.example', transport, ...give(AbortSignal.abort('late')) })
    expect(await failureOf(client.get('/'))).toBe('late')
    expect(transport).not.toHaveBeenCalled()
  })

  test('is left alone afterwards', async () => {
    const controller = new AbortController()
    const client = new HttpClient({ baseUrl: await hangingServer(), ...give(controller.signal) })
    await client.get('/')
    await (await client.get('/', { stream: true })).text()
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  test('does not keep that of the call from ending it', async () => {
    const controller = new AbortController()
    const client = new HttpClient({ baseUrl: await hangingServer(), ...give(new AbortController().signal) })
    const failure = failureOf(client.get('/headers', { signal: controller.signal }))
    await settle()
    controller.abort('gone')
    expect(await failure).toBe('gone')
  })

  test('is named if it is none', async () => {
    const client = new HttpClient({ baseUrl: 'http://api.example', ...give(new AbortController() as never) })
    expect(await failureOf(client.get('/'))).toMatchObject({ code: 'configuration', option: 'signal' })
  })
})

test.each([0, 1])('signals that a middleware and a hook give the same request both end its send (signal %s)', async (which) => {
  const [asked, closed] = [vi.fn(), vi.fn()]
  const controllers = givers.map(() => new AbortController())
  const given = controllers.map(({ signal }, index) => givers[index]?.[1](signal))
  const client = new HttpClient({ baseUrl: await hangingServer(asked, closed), ...given[0], ...given[1] })
  const failure = failureOf(client.get('/headers'))
  await expect.poll(() => asked).toHaveBeenCalledOnce()
  controllers[which]?.abort('enough')
  expect(await failure).toBe('enough')
  await expect.poll(() => closed).toHaveBeenCalledOnce()
  for (const { signal } of controllers) expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('a signal that a middleware gives its request ends the wait for the next try, and leaves no timer', async () => {
  const clock = new ManualClock()
  const controller = new AbortController()
  const client = new HttpClient({
    baseUrl: 'http://api.example',
    transport: async () => new Response(null, { status: 503 }),
    retryStrategy: { nextDelay: () => 60_000 },
    middleware: [(next) => (request) => next({ ...request, signal: controller.signal })],
    timeoutMs: 0,
    clock,
  })
  const failure = failureOf(client.get('/'))
  await expect.poll(() => clock.pendingDelays).toEqual([60_000])
  controller.abort('enough')
  expect(await failure).toBe('enough')
  expect(clock.pendingDelays).toEqual([])
  expect(getEventListeners(controller.signal, 'abort')).toEqual([])
})
