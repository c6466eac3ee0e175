import { expect, test } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { ManualClock } from './fixtures/manual-clock.ts'

/** Answers `/` with a redirect and a body that heeds nothing, `/there` with a 200. */
function stubbornTransport(body: UnderlyingDefaultSource<Uint8Array>, status = 302): (url: string) => Promise<Response> {
  let count = 0
  return async (url) => {
    if (new URL(url).pathname === '/there' || ++count > 1) return new Response('there')
    return new Response(new ReadableStream(body), { status, headers: { location: '/there' } })
  }
}

const neverCancelled = { cancel: () => new Promise<never>(() => undefined) }
const longAndNeverCancelled = {
  ...neverCancelled,
  pull: (controller: ReadableStreamDefaultController<Uint8Array>) => controller.enqueue(new Uint8Array(50_000)),
}

test('the body of a redirect that stalls is waited for no longer than the time-out', async () => {
  const clock = new ManualClock()
  const client = new HttpClient({ baseUrl: 'http://api.example', transport: stubbornTransport(neverCancelled), clock })
  const failure = failureOf(client.get('/', { stream: true, timeoutMs: 50 }))
  await clock.advance(50)
  expect(await failure).toMatchObject({ code: 'timeout', timeoutMs: 50 })
  await client.close()
})

test.each([
  ['stalls', neverCancelled],
  ['is long', longAndNeverCancelled],
])('the body of a redirect that %s and cannot be cancelled holds nobody up', async (_what, body) => {
  const clock = new ManualClock()
  const client = new HttpClient({ baseUrl: 'http://api.example', transport: stubbornTransport(body), clock })
  const text = client.get('/', { stream: true }).text()
  await clock.advance(100)
  expect(await text).toBe('there')
})

test('nor does that of an answer that is retried', async () => {
  const transport = stubbornTransport(longAndNeverCancelled, 503)
  const options = { stream: true, retryStrategy: { nextDelay: () => 0 }, throwHttpErrors: false }
  expect(await new HttpClient({ baseUrl: 'http://api.example', transport }).get('/', options).text()).toBe('there')
})

test.each([true, false])(
  'a body beyond maxResponseBytes that cannot be cancelled is an error all the same (stream: %s)',
  async (stream) => {
    const transport = stubbornTransport(longAndNeverCancelled, 200)
    const client = new HttpClient({ baseUrl: 'http://api.example', transport, maxResponseBytes: 1_000 })
    expect(await failureOf(client.get('/', { stream }).bytes())).toMatchObject({ code: 'parse' })
  },
)
