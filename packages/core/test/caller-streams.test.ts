import { describe, expect, test, vi } from 'vitest'
import { ConfigurationError } from '../src/errors.ts'
import { HttpClient } from '../src/http-client.ts'
import { fetchUpload } from '../src/transport/fetch-upload.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson, serve } from './fixtures/loopback.ts'
import { ManualClock } from './fixtures/manual-clock.ts'

const transports: readonly [string, typeof fetch | undefined][] = [
  ["Node's own", undefined],
  ['a fetch', fetch],
]

/** Gives these chunks, each when it is asked for. */
function streamOf(chunks: readonly unknown[], cancel: (reason: unknown) => void = () => undefined): ReadableStream<Uint8Array> {
  const left = [...chunks]
  return new ReadableStream<unknown>({
    pull: (controller) => (left.length === 0 ? controller.close() : controller.enqueue(left.shift())),
    cancel,
  }) as ReadableStream<Uint8Array>
}

/** Asked again as often as it says, if the failure is one of those that may pass. */
function clientOf(
  origin: string,
  transport: typeof fetch | undefined,
): { readonly client: HttpClient; readonly asked: unknown[] } {
  const asked: unknown[] = []
  const nextDelay = ({ retryable }: { retryable: boolean }): undefined => void asked.push(retryable)
  return { client: new HttpClient({ baseUrl: origin, transport, retryStrategy: { nextDelay } }), asked }
}

describe.each(transports)('over %s, a body stream', (_name, transport) => {
  test.each(['before its first chunk', 'after its first chunk'])(
    'that throws %s fails its request with just that',
    async (when) => {
      const { origin } = await serve([], () => undefined)
      const cause = new Error('the disk is gone')
      let chunks = when.startsWith('before') ? 0 : 1
      const body = (): ReadableStream<Uint8Array> =>
        new ReadableStream<Uint8Array>({
          pull(controller) {
            if (chunks-- === 0) throw cause
            controller.enqueue(new TextEncoder().encode('chunk'))
          },
        })
      const { client, asked } = clientOf(origin, transport)
      expect(await failureOf(client.put('/', { body }))).toBe(cause)
      expect(asked).not.toContain(true)
    },
  )

  test('whose onUploadProgress throws fails its request with just that', async () => {
    const { origin } = await serve([], () => undefined)
    const cause = new Error('no more')
    const cancelled = vi.fn()
    const body = streamOf([new Uint8Array(3), new Uint8Array(3), new Uint8Array(3)], cancelled)
    const onUploadProgress = ({ transferredBytes }: { transferredBytes: number }): void => {
      if (transferredBytes > 3) throw cause
    }
    const { client, asked } = clientOf(origin, transport)
    expect(await failureOf(client.put('/', { body, onUploadProgress }))).toBe(cause)
    expect(asked).not.toContain(true)
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalled(), 10_000)
  })

  test.each<[string, unknown]>([
    ['objects', { a: 1 }],
    ['strings', 'text'],
    ['numbers', 5],
    ['buffers', new ArrayBuffer(3)],
    ['other views', new Uint16Array(3)],
  ])('of %s is refused, and is not sent again', async (_what, chunk) => {
    const { origin } = await serve([], () => undefined)
    const cancelled = vi.fn()
    const { client, asked } = clientOf(origin, transport)
    const error = await failureOf(client.put('/', { body: () => streamOf([new Uint8Array(1), chunk, chunk], cancelled) }))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ option: 'body', message: expect.stringContaining('must give bytes (Uint8Array)') })
    expect(asked).not.toContain(true)
    expect(cancelled).toHaveBeenCalledTimes(1)
  })

  test('of bytes is sent, with its progress', async () => {
    const { origin, requests } = await loopback((_request, response) => sendJson(response, 200, {}))
    const body = streamOf([Buffer.from('one '), new TextEncoder().encode('two '), new Uint8Array(), Buffer.from('three')])
    const told: number[] = []
    const onUploadProgress = ({ transferredBytes }: { transferredBytes: number }): void => void told.push(transferredBytes)
    const { client } = clientOf(origin, transport)
    expect(await client.put('/', { body, onUploadProgress }).json()).toEqual({})
    expect(requests.map((request) => request.body)).toEqual(['one two three'])
    expect(told.at(-1)).toBe(13)
  })

  test.each(['is aborted', 'has timed out'])(
    'is cancelled when its request %s, though its next chunk never comes',
    async (how) => {
      const { origin } = await serve([], () => undefined)
      const cancelled = vi.fn()
      let asked = (): void => undefined
      const isAsked = new Promise<void>((resolve) => (asked = resolve))
      const body = new ReadableStream<Uint8Array>({ pull: asked, cancel: cancelled }, { highWaterMark: 0 })
      const controller = new AbortController()
      const clock = new ManualClock()
      const client = new HttpClient({ baseUrl: origin, transport, clock, timeoutMs: 1_000 })
      const failure = failureOf(client.put('/', { body, signal: controller.signal }))
      await isAsked
      if (how === 'is aborted') controller.abort(new Error('enough'))
      else await clock.advance(1_000)
      expect(cancelled).toHaveBeenCalledExactlyOnceWith(await failure)
    },
  )

  test('that fails after the headers fails the body of the answer with just that', async () => {
    const { origin } = await serve([], (_request, response) => void response.writeHead(200).write('beginning'))
    const cause = new Error('the disk is gone')
    let fail: () => void = () => undefined
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('chunk'))
        fail = () => controller.error(cause)
      },
    })
    const response = await clientOf(origin, transport).client.put('/', { body, stream: true })
    const reading = failureOf(response.text())
    fail()
    expect(await reading).toBe(cause)
  })
})

test('a body stream is told the reason also by a fetch that cancels it without one, before anybody else hears of the abort', async () => {
  const cancelled = vi.fn()
  const source = new ReadableStream<Uint8Array>({ cancel: cancelled })
  const body = fetchUpload(source, undefined, { stop: () => undefined }, AbortSignal.abort('enough'))
  await body.cancel()
  expect(cancelled).toHaveBeenCalledExactlyOnceWith('enough')
})

/** Whatever was under way has come to its next wait. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('a body stream that has more to give when the answer comes harms no answer', async () => {
  let goOn = (): void => undefined
  const later = new Promise<void>((resolve) => (goOn = resolve))
  let given = 0
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (++given > 1) await later
      controller.enqueue(new Uint8Array(4))
    },
  })
  const transport = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    const reader = new Response(init?.body ?? null).body?.getReader()
    await reader?.read()
    reader?.read().catch(() => undefined)
    await settled()
    await reader?.cancel()
    goOn()
    await settled()
    return new Response('too large', { status: 413 })
  }
  const error = await failureOf(new HttpClient({ transport }).post('http://127.0.0.1/', { body }))
  expect(error).toMatchObject({ code: 'http_413', body: 'too large' })
})
