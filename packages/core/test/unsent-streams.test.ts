import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { HttpClientConfig } from '../src/config.ts'
import type { Middleware } from '../src/handler.ts'
import { HttpClient } from '../src/http-client.ts'
import type { RequestOptions } from '../src/request-options.ts'
import { failureOf } from './fixtures/failure.ts'
import { settle } from './fixtures/manual-clock.ts'
import { CountingTokens } from './fixtures/tokens.ts'

interface Counted {
  made: number
  cancelled: number
  readonly make: () => ReadableStream<Uint8Array>
}

/** Streams as a file gives them: whoever does not read them must cancel them. */
function countedStreams(): Counted {
  const counted: Counted = {
    made: 0,
    cancelled: 0,
    make() {
      counted.made++
      return new ReadableStream({ cancel: () => void counted.cancelled++ }, { highWaterMark: 0 })
    },
  }
  return counted
}

async function post(config: HttpClientConfig, options: RequestOptions): Promise<unknown> {
  const transport = async (): Promise<Response> => new Response('{}')
  const failure = await failureOf(
    new HttpClient({ baseUrl: 'http://api.example', transport, ...config }).post('/', options as object),
  )
  await settle()
  return failure
}

const fail = async (): Promise<never> => {
  throw new Error('no')
}

describe('a stream that is never sent is cancelled', () => {
  test.each<[string, HttpClientConfig, RequestOptions]>([
    ['for want of a token', { tokenAuth: { tokenManager: { getToken: fail } } }, {}],
    ['because the call was aborted', {}, { signal: AbortSignal.abort() }],
    ['because a hook throws', { hooks: [{ beforeRequest: fail }] }, {}],
    [
      'because a middleware answers',
      {
        middleware: [
          () =>
            async ({ body }) =>
              new Response(String(body)) as never,
        ],
      },
      {},
    ],
  ])('%s', async (_why, config, options) => {
    const [given, made] = [countedStreams(), countedStreams()]
    await post(config, { ...options, body: given.make() })
    await post(config, { ...options, body: made.make })
    expect(given.cancelled).toBe(1)
    expect(made.cancelled).toBe(made.made)
  })

  test('where a function has made it for another try', async () => {
    const streams = countedStreams()
    const tokens = new CountingTokens()
    const tokenManager = { getToken: () => tokens.getToken(), replaceToken: async () => ({ accessToken: '\n' }) }
    const transport = async (_url: string, init: RequestInit): Promise<Response> => {
      await new Response(init.body).body?.cancel()
      return new Response('', { status: 401 })
    }
    expect(await post({ tokenAuth: { tokenManager }, transport }, { body: streams.make })).toMatchObject({
      code: 'authentication',
    })
    expect(streams).toMatchObject({ made: 2, cancelled: 2 })
  })
})

test('no stream is made for a middleware that goes on after the call was aborted', async () => {
  const streams = countedStreams()
  const controller = new AbortController()
  const abortFirst: Middleware = (next) => async (request) => {
    controller.abort(new Error('enough'))
    await settle()
    return next(request)
  }
  const failure = await post({ middleware: [abortFirst] }, { body: streams.make, signal: controller.signal })
  expect(failure).toMatchObject({ message: 'enough' })
  await settle()
  expect(streams.made).toBe(0)
})

test('a stream that the transport does not come to read is cancelled', async () => {
  vi.stubEnv('http_proxy', 'http://u:p%zz@ho st:1')
  onTestFinished(() => void vi.unstubAllEnvs())
  const streams = countedStreams()
  const error = await failureOf(new HttpClient().post('http://service.example/', { body: streams.make() }))
  expect(error).toMatchObject({ name: 'ConfigurationError' })
  await settle()
  expect(streams.cancelled).toBe(1)
})

test.each<[string, () => Promise<Response>]>([
  ['fails', fail],
  ['gives no Response', async () => undefined as never],
  ['answers with a network error', async () => Response.error()],
])('the streams of a fetch that %s, and of its retries, are cancelled', async (_how, transport) => {
  const streams = countedStreams()
  const retryStrategy = { nextDelay: ({ retry }: { retry: number }) => (retry < 1 ? 0 : undefined) }
  await post({ transport, retryStrategy }, { body: streams.make, idempotencyKey: 'k' })
  expect(streams.made).toBeGreaterThan(0)
  expect(streams.cancelled).toBe(streams.made)
})

test('a stream of a fetch that has answered is its own', async () => {
  const streams = countedStreams()
  await post({}, { body: streams.make })
  await post({}, { body: streams.make() })
  expect(streams).toMatchObject({ made: 2, cancelled: 0 })
})

test('a stream that somebody reads is his', async () => {
  const streams = countedStreams()
  const body = streams.make()
  const beforeRequest = (): never => {
    body.getReader()
    throw new Error('no')
  }
  expect(await post({ hooks: [{ beforeRequest }] }, { body })).toMatchObject({ message: 'no' })
  expect(streams.cancelled).toBe(0)
})
