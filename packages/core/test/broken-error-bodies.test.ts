import { describe, expect, test, vi } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { type Loopback, sendJson, serve } from './fixtures/loopback.ts'
import { ManualClock } from './fixtures/manual-clock.ts'
import { CountingTokens } from './fixtures/tokens.ts'

type Headers = Record<string, string>
type Broken = readonly [string, Headers, 'end' | 'reset' | 'whole']

/** Each begins with "half", if it can be read at all. */
const broken: readonly Broken[] = [
  ['is cut', { 'content-length': '100' }, 'end'],
  ['is cut between its chunks', { 'transfer-encoding': 'chunked' }, 'end'],
  ['is reset', { 'content-length': '100' }, 'reset'],
  ['is called gzip and is not', { 'content-encoding': 'gzip' }, 'whole'],
  ['is called br and is not', { 'content-encoding': 'br' }, 'whole'],
]

const inSixtyEncodings: Broken = [
  'is in sixty encodings',
  { 'content-encoding': Array.from({ length: 60 }, () => 'gzip').join() },
  'whole',
]

/** A server whose first answers, with `status`, break off; the others are whole. */
async function breaking(status: number, [, headers, how]: Broken, isBroken: (count: number) => boolean): Promise<Loopback> {
  const api = await serve([], (request, response) => {
    api.requests.push({ method: '', path: request.url ?? '', headers: request.headers, body: '' })
    if (!isBroken(api.requests.length)) return sendJson(response, 200, {})
    response.writeHead(status, { 'retry-after': '7', ...headers })
    if (how === 'whole') response.end('half')
    else
      response.write('half', () =>
        setTimeout(() => (how === 'end' ? response.socket?.end() : response.socket?.resetAndDestroy()), 20),
      )
  })
  return api
}

const transports: readonly [string, typeof fetch | undefined][] = [
  ["Node's own", undefined],
  ['a fetch', fetch],
]

describe.each(transports)('over %s', (_name, transport) => {
  // A fetch refuses so many before it tells the status.
  describe.each(transport === undefined ? [...broken, inSixtyEncodings] : broken)('an error whose body %s', (...how) => {
    test.each([404, 500])('is what its status (%i) says, with what has come', async (status) => {
      const { origin } = await breaking(status, how, () => true)
      const error = await failureOf(new HttpClient({ baseUrl: origin, transport }).get('/'))
      expect(error).toMatchObject({ code: `http_${status}`, status, retryable: status === 500 })
      if (how[2] === 'end') expect(error).toMatchObject({ body: 'half' })
    })

    test('is retried as its Retry-After says', async () => {
      const { origin } = await breaking(503, how, (count) => count === 1)
      const asked: unknown[] = []
      const retryStrategy = {
        nextDelay: ({ status, retryAfterMs }: { status?: number | undefined; retryAfterMs?: number | undefined }): number => {
          asked.push(status, retryAfterMs)
          return 0
        },
      }
      expect(await new HttpClient({ baseUrl: origin, transport, retryStrategy }).get('/').json()).toEqual({})
      expect(asked).toEqual([503, 7_000])
    })

    test.each([true, false])('has a rejected token replaced, if it is a 401 (throwHttpErrors: %s)', async (throwHttpErrors) => {
      const { origin } = await breaking(401, how, (count) => count === 1)
      const tokens = new CountingTokens()
      const client = new HttpClient({ baseUrl: origin, transport, throwHttpErrors, tokenAuth: { tokenManager: tokens } })
      expect(await client.get('/').json()).toEqual({})
      expect(tokens.rejected).toEqual(['token-1'])
    })
  })

  test('a 401 with a body beyond maxResponseBytes has its token replaced, where errors are not thrown', async () => {
    const api = await serve([], ({ headers }, response) => {
      if (headers.authorization === 'Bearer token-2') sendJson(response, 200, {})
      else response.writeHead(401).end('x'.repeat(100_000))
    })
    const client = new HttpClient({ baseUrl: api.origin, transport, tokenAuth: { tokenManager: new CountingTokens() } })
    expect(await client.get('/', { throwHttpErrors: false, maxResponseBytes: 1_000 }).json()).toEqual({})
    const response = await client.get('/', { throwHttpErrors: false, maxResponseBytes: 1_000, auth: false })
    expect(await response.text()).toBe('x'.repeat(1_000))
  })

  test('what onDownloadProgress throws is no end of the body of an error', async () => {
    const { origin } = await breaking(404, ['', {}, 'whole'], () => true)
    const onDownloadProgress = (): never => {
      throw new Error('my own')
    }
    const error = await failureOf(new HttpClient({ baseUrl: origin, transport }).get('/', { onDownloadProgress }))
    expect(error).toMatchObject({ message: 'my own' })
  })

  test('an error whose body never comes times out', async () => {
    const { origin } = await serve(
      [],
      (_request, response) => void response.writeHead(404, { 'content-length': '9' }).write('half'),
    )
    const clock = new ManualClock()
    const begun = vi.fn()
    const client = new HttpClient({ baseUrl: origin, transport, clock })
    const failure = failureOf(client.get('/', { timeoutMs: 100, onDownloadProgress: begun }))
    await vi.waitFor(() => expect(begun).toHaveBeenCalled(), 10_000)
    await clock.advance(100)
    expect(await failure).toMatchObject({ code: 'timeout', phase: 'body' })
  })

  test('a body that is delivered is still an error where it breaks off', async () => {
    const { origin } = await breaking(404, ['', { 'content-length': '100' }, 'end'], () => true)
    const error = await failureOf(new HttpClient({ baseUrl: origin, transport }).get('/', { throwHttpErrors: false }))
    expect(error).toMatchObject({ status: 404, retryable: true })
  })
})
