import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Attempt } from '../src/attempt.ts'
import { Call } from '../src/call.ts'
import type { CallSettings } from '../src/call-settings.ts'
import { systemClock } from '../src/clock.ts'
import { ClientClosedError } from '../src/errors.ts'
import { HttpClient } from '../src/http-client.ts'
import { TimeLimits } from '../src/time-limit.ts'
import { failureOf } from './fixtures/failure.ts'
import { formWith } from './fixtures/files.ts'
import { serve } from './fixtures/loopback.ts'
import { settle } from './fixtures/manual-clock.ts'
import { stuckTransport } from './fixtures/stuck-transport.ts'

const baseUrl = 'http://api.example'

describe('what comes between two steps of a send is not lost', () => {
  const turns = [0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30]

  test.each(turns)('an abort %i turns after the start of a call with a form', async (count) => {
    const { transport } = stuckTransport()
    const controller = new AbortController()
    const { signal } = controller
    const failure = failureOf(new HttpClient({ baseUrl, transport }).post('/', { body: formWith(new Blob(['x'])), signal }))
    for (let turn = 0; turn < count; turn++) await undefined
    controller.abort(new Error('enough'))
    expect(await failure).toMatchObject({ message: 'enough' })
  })

  test('nothing is sent for a call that was aborted while its form was encoded', async () => {
    const stuck = stuckTransport()
    const controller = new AbortController()
    const client = new HttpClient({ baseUrl, transport: stuck.transport })
    const failure = failureOf(client.post('/', { body: formWith(new Blob(['x'])), signal: controller.signal }))
    controller.abort(new Error('enough'))
    expect(await failure).toMatchObject({ message: 'enough' })
    await settle()
    expect(stuck.sends).toBe(0)
  })

  test('a closing of the client', async () => {
    const { transport } = stuckTransport()
    const client = new HttpClient({ baseUrl, transport })
    const failure = failureOf(client.post('/', { body: formWith(new Blob(['x'])) }))
    await client.close({ graceMs: 100 })
    expect(await failure).toBeInstanceOf(ClientClosedError)
  })

  test.each(turns)('an abort %i turns after the token came', async (count) => {
    const { transport } = stuckTransport()
    const controller = new AbortController()
    const abortLater = async (): Promise<void> => {
      for (let turn = 0; turn < count; turn++) await undefined
      controller.abort(new Error('enough'))
    }
    const tokenManager = {
      getToken: async () => {
        void abortLater()
        return { accessToken: 'token-1' }
      },
    }
    const client = new HttpClient({ baseUrl, transport, tokenAuth: { tokenManager } })
    expect(await failureOf(client.get('/', { signal: controller.signal }))).toMatchObject({ message: 'enough' })
  })

  test('an abort of a form that would wait for a connection', async () => {
    const { origin } = await serve([], () => undefined)
    const client = new HttpClient({ baseUrl: origin, poolMaxsize: 1 })
    onTestFinished(() => client.close({ graceMs: 0 }))
    void failureOf(client.get('/'))
    await settle()
    const controller = new AbortController()
    const failure = failureOf(client.post('/', { body: formWith(new Blob(['x'])), signal: controller.signal }))
    controller.abort(new Error('enough'))
    expect(await failure).toMatchObject({ message: 'enough' })
  })

  test.each(turns)('an abort %i turns after the headers of a streamed answer', async (count) => {
    const controller = new AbortController()
    const transport = async (): Promise<Response> => {
      void (async () => {
        for (let turn = 0; turn < count; turn++) await undefined
        controller.abort(new Error('enough'))
      })()
      return new Response(new ReadableStream<Uint8Array>())
    }
    const client = new HttpClient({ baseUrl, transport })
    const reading = client.get('/', { stream: true, signal: controller.signal }).then(({ body }) => body?.getReader().read())
    expect(await failureOf(reading)).toMatchObject({ message: 'enough' })
    await client.close()
  })

  test.each([0, 1, 2, 3, 4, 5, 6, 8, 10])('an abort %i turns after the headers came off the wire', async (count) => {
    const { origin } = await serve([], (_request, response) => void response.writeHead(200).write('one'))
    const controller = new AbortController()
    const onHeaders = async (): Promise<void> => {
      for (let turn = 0; turn < count; turn++) await undefined
      controller.abort(new Error('enough'))
    }
    subscribe('undici:request:headers', onHeaders)
    onTestFinished(() => void unsubscribe('undici:request:headers', onHeaders))
    const client = new HttpClient({ baseUrl: origin })
    const reading = client.get('/', { stream: true, signal: controller.signal }).then(async ({ body }) => {
      for await (const _chunk of body ?? []);
    })
    expect(await failureOf(reading)).toMatchObject({ message: 'enough' })
    await client.close()
  })
})

/** Tells nothing about itself, not even what it is an instance of. */
const secretive = new Proxy(new Error('mine'), {
  get: (target, name) => (name === 'then' ? undefined : refuse(target)),
  getPrototypeOf: refuse,
  has: refuse,
})

function refuse(_target: object): never {
  throw new Error('nothing is to be asked of a reason')
}

test('an abort whose reason tells nothing about itself ends every call with its signal', async () => {
  const { origin } = await serve([], () => undefined)
  const controller = new AbortController()
  await using client = new HttpClient({ baseUrl: origin })
  const calls = ['/a', '/b'].map((path) => client.get(path, { signal: controller.signal }))
  const reasons = Promise.all(calls.map((call) => call.then(undefined, (reason: unknown) => [reason])))
  await settle()
  controller.abort(secretive)
  for (const [reason] of (await reasons) as unknown[][]) expect(Object.is(reason, secretive)).toBe(true)
})

test.each<[string, (text: string) => string | Buffer]>([
  ['identity', (text) => text],
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
])('a body in %s may be given up for any reason, too', async (encoding, encode) => {
  const { origin } = await serve([], (_request, response) => {
    response.writeHead(200, { 'content-encoding': encoding }).write(encode('x'.repeat(1_000_000)))
  })
  const response = await new HttpClient({ baseUrl: origin }).get('/', { stream: true })
  const reader = response.body?.getReader()
  expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
  await expect(reader?.cancel(secretive)).resolves.toBeUndefined()
})

test('what is aborted while its token is looked up is not sent any more: the transport is not asked', async () => {
  const controller = new AbortController()
  const transport = vi.fn(async () => new Response())
  const token = { accessToken: 'a' }
  const peekToken = (): typeof token => {
    controller.abort('gone')
    return token
  }
  const tokenAuth = { tokenManager: { getToken: async () => token, peekToken } }
  const client = new HttpClient({ baseUrl: 'https://api.example.com', transport, tokenAuth })
  expect(await failureOf(client.get('/', { signal: controller.signal }))).toBe('gone')
  expect(transport).not.toHaveBeenCalled()
})

test('whatever takes over an attempt that was interrupted is stopped at once', () => {
  // Of its call's settings an attempt asks for the time limit alone.
  const settings = { timeLimit: new TimeLimits(systemClock).of(0) } as CallSettings
  const attempt = new Attempt(new Call({ method: 'GET', url: 'https://api.example.com/' }, settings, systemClock))
  attempt.interrupt('gone')
  const stop = vi.fn()
  attempt.exchange = { stop }
  expect(stop).toHaveBeenCalledExactlyOnceWith('gone')
})
