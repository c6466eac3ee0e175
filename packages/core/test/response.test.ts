import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  BadRequestError,
  ConflictError,
  ForbiddenError,
  HttpStatusError,
  NotFoundError,
  RateLimitError,
  ResponseParseError,
  SchemaValidationError,
  ServerError,
  UnauthorizedError,
  UnprocessableContentError,
} from '../src/errors.ts'
import type { HttpResponse } from '../src/handler.ts'
import { HttpClient } from '../src/http-client.ts'
import type { StandardSchemaV1 } from '../src/standard-schema.ts'
import { failureOf } from './fixtures/failure.ts'
import { type Loopback, loopback, sendJson, serve } from './fixtures/loopback.ts'
import { ManualClock, settle } from './fixtures/manual-clock.ts'

async function answering(status: number, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<HttpClient> {
  const server = await loopback((_request, response) => response.writeHead(status, headers).end(body))
  return new HttpClient({ baseUrl: server.origin })
}

describe('a response', () => {
  test('can be read twice, in every form', async () => {
    const response = await (await answering(200, '{"a":1}')).get('/')
    expect(await response.json()).toEqual({ a: 1 })
    expect(await response.text()).toBe('{"a":1}')
    const bytes = await response.bytes()
    bytes.fill(0)
    expect(new TextDecoder().decode(await response.bytes())).toBe('{"a":1}')
    expect(response.body).toBeNull()
  })

  test('knows its status, headers, URL, attempts and how long it took', async () => {
    const client = await answering(201, 'x', { 'x-team': 'blue', 'set-cookie': 'a=1' })
    const response = await client.get('/users')
    expect(response).toMatchObject({ status: 201, ok: true, attempts: 1 })
    expect(response.headers).toBeInstanceOf(Headers)
    expect(response.headers.get('X-Team')).toBe('blue')
    expect(response.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/users$/)
    expect(response.elapsedMs).toBeGreaterThan(0)
  })

  test('is had by the shortcuts too, and using one leaves no rejection unhandled', async () => {
    const client = await answering(200, '{"a":1}')
    expect(await client.get('/').json()).toEqual({ a: 1 })
    expect(await client.get('/').text()).toBe('{"a":1}')
    expect(await client.get('/').bytes()).toEqual(new TextEncoder().encode('{"a":1}'))
    const failing = await answering(500, '')
    expect(await failureOf(failing.get('/').json())).toBeInstanceOf(ServerError)
  })

  test('comes as a real promise', async () => {
    const promise = (await answering(200, '')).get('/')
    expect(promise).toBeInstanceOf(Promise)
    await promise
  })
})

describe('json()', () => {
  test.each([
    ['an empty body', ''],
    ['white space', ' \n'],
    ['no JSON', '<html>'],
    ['cut JSON', '{"a":'],
  ])('of %s is a ResponseParseError', async (_name, body) => {
    const error = await failureOf((await answering(200, body)).get('/').json())
    expect(error).toBeInstanceOf(ResponseParseError)
    expect(error).toMatchObject({ code: 'parse', status: 200, attempts: 1, request: { method: 'GET' } })
  })

  test.each([204, 205, 304])('of a %i is a ResponseParseError, its text is empty', async (status) => {
    const response = await (await answering(status, '')).get('/')
    expect(response.status).toBe(status)
    expect(await response.text()).toBe('')
    expect(await failureOf(response.json())).toBeInstanceOf(ResponseParseError)
  })

  test('of HEAD likewise', async () => {
    const response = await (await answering(200, '{"a":1}', { 'content-length': '7' })).head('/')
    expect(await response.text()).toBe('')
  })

  test('never quotes the body', async () => {
    const error = await failureOf((await answering(200, 'hunter2 is no JSON')).get('/').json())
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2')
  })

  test.each([
    ['a byte order mark', Buffer.from('\ufeff{"a":"ü"}'), 'application/json'],
    ['latin-1', Buffer.from('{"a":"ü"}', 'latin1'), 'application/json; charset=iso-8859-1'],
    ['UTF-16', Buffer.from('\ufeff{"a":"ü"}', 'utf16le'), 'application/json; charset=utf-16le'],
    ['UTF-16 without a mark', Buffer.from('{"a":"ü"}', 'utf16le'), 'application/json; charset=utf-16le'],
    ['a UTF-8 mark that contradicts the type', Buffer.from('\ufeff{"a":"ü"}'), 'application/json; charset=iso-8859-1'],
    ['big-endian UTF-16 by its mark', Buffer.from('\ufeff{"a":"ü"}', 'utf16le').swap16(), 'application/json; charset=utf-16'],
    ['little-endian UTF-16 by its mark', Buffer.from('\ufeff{"a":"ü"}', 'utf16le'), 'application/json'],
    ['an unknown charset', Buffer.from('{"a":"ü"}'), 'application/json; charset=klingon'],
    ['another type', Buffer.from('{"a":"ü"}'), 'text/plain'],
  ])('reads %s', async (_name, body, type) => {
    expect(await (await answering(200, body, { 'content-type': type })).get('/').json()).toEqual({ a: 'ü' })
  })
})

test('JSON that is plain ASCII is the same in every charset', async () => {
  for (const charset of ['iso-8859-1', 'shift_jis', 'gbk', 'klingon']) {
    const headers = { 'content-type': `application/json; charset=${charset}` }
    expect(await (await answering(200, '{"a":"b\\u00fc"}', headers)).get('/').json()).toEqual({ a: 'bü' })
  }
  const utf16 = await answering(200, Buffer.from('{"a":"b"}', 'utf16le'), { 'content-type': 'application/json; charset=utf-16' })
  expect(await utf16.get('/').json()).toEqual({ a: 'b' })
  const iso2022 = Buffer.from('{"a":"\x1b$B$"\x1b(B"}', 'latin1')
  const japanese = await answering(200, iso2022, { 'content-type': 'application/json; charset=iso-2022-jp' })
  expect(await japanese.get('/').json()).toEqual({ a: 'あ' })
})

test('the headers of JSON that is plain ASCII are not asked for: platforms make them on demand', async () => {
  let asked = 0
  const transport = async (): Promise<Response> => {
    const response = new Response('{"a":1}', { headers: { 'content-type': 'application/json' } })
    const { headers } = response
    const get = (): Headers => {
      asked++
      return headers
    }
    return Object.defineProperty(response, 'headers', { get })
  }
  expect(await new HttpClient({ baseUrl: 'http://api.example', transport }).get('/').json()).toEqual({ a: 1 })
  expect(asked).toBe(0)
})

test('text() goes by a byte order mark before the content type', async () => {
  const text = async (body: Buffer, charset: string): Promise<string> =>
    (await answering(200, body, { 'content-type': `text/plain; charset=${charset}` })).get('/').text()
  expect(await text(Buffer.from('\ufeffü'), 'iso-8859-1')).toBe('ü')
  expect(await text(Buffer.from('\ufeffü', 'utf16le'), 'utf-8')).toBe('ü')
  expect(await text(Buffer.from('\ufeffü', 'utf16le').swap16(), 'utf-16')).toBe('ü')
})

test.each(['ISO-8859-1', '"ISO-8859-1"', "'ISO-8859-1'"])('a charset is known in any quotes: %s', async (charset) => {
  const client = await answering(200, Buffer.from('"ü"', 'latin1'), { 'content-type': `application/json; charset=${charset}` })
  const response = await client.get('/')
  expect(await response.text()).toBe('"ü"')
  expect(await response.json()).toBe('ü')
})

test('text() of an unknown charset is a typed error', async () => {
  const error = await failureOf((await answering(200, 'x', { 'content-type': 'text/plain; charset=klingon' })).get('/').text())
  expect(error).toMatchObject({ code: 'parse', status: 200 })
})

describe('a schema', () => {
  const schema = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: (value: unknown) =>
        typeof value === 'object' && value !== null && 'a' in value
          ? { value: { checked: value.a } }
          : { issues: [{ message: 'a is missing' }] },
    },
  }

  test('checks and changes what json() gives', async () => {
    const client = await answering(200, '{"a":1}')
    expect(await client.get('/', { schema }).json()).toEqual({ checked: 1 })
    expect(await (await client.get('/', { schema })).json()).toEqual({ checked: 1 })
  })

  test('that does not match is a SchemaValidationError', async () => {
    const error = await failureOf((await answering(200, '{}')).get('/', { schema }).json())
    expect(error).toBeInstanceOf(SchemaValidationError)
    expect(error).toMatchObject({ code: 'schema', issues: [{ message: 'a is missing' }] })
  })

  test('rejects json() of an error status with the status error', async () => {
    const response = await (await answering(404, '{"a":1}')).get('/', { schema, throwHttpErrors: false })
    expect(await failureOf(response.json())).toBeInstanceOf(NotFoundError)
  })
})

describe('error statuses', () => {
  test.each([
    [400, BadRequestError],
    [401, UnauthorizedError],
    [403, ForbiddenError],
    [404, NotFoundError],
    [409, ConflictError],
    [418, HttpStatusError],
    [422, UnprocessableContentError],
    [429, RateLimitError],
    [500, ServerError],
    [503, ServerError],
  ])('%i throws its class', async (status, ErrorClass) => {
    const client = await answering(status, '{"reason":"so"}', { 'content-type': 'application/problem+json' })
    const error = await failureOf(client.get('/'))
    expect(error).toBeInstanceOf(ErrorClass)
    expect(error).toMatchObject({ code: `http_${status}`, status, data: { reason: 'so' }, body: '{"reason":"so"}', attempts: 1 })
    expect((error as HttpStatusError).headers.get('content-type')).toBe('application/problem+json')
  })

  test('are given as responses on request', async () => {
    const response = await (await answering(500, 'sorry')).get('/', { throwHttpErrors: false })
    expect(response).toMatchObject({ status: 500, ok: false })
    expect(await response.text()).toBe('sorry')
  })

  test.each([
    ['null', null],
    ['true', true],
    [' 5', 5],
    ['"so"', 'so'],
  ])('have the JSON %s as their data where the content type says that it is JSON', async (body, data) => {
    for (const type of ['application/json', 'application/problem+json; charset=utf-8']) {
      const error = await failureOf((await answering(400, body, { 'content-type': type })).get('/'))
      expect((error as HttpStatusError).data).toBe(data)
    }
  })

  test.each([
    ['text/plain', '5'],
    ['text/html', 'true'],
    ['application/json-seq', 'null'],
    ['application/json', 'sorry'],
    ['application/json', ''],
  ])('have no data where %s holds %o', async (type, body) => {
    const error = await failureOf((await answering(400, body, { 'content-type': type })).get('/'))
    expect((error as HttpStatusError).data).toBeUndefined()
  })

  test('of 429 carry Retry-After', async () => {
    expect(await failureOf((await answering(429, '', { 'retry-after': '3' })).get('/'))).toMatchObject({ retryAfterMs: 3_000 })
  })

  test('keep at most 64 KiB of the body, and do not read on', async () => {
    const error = await failureOf((await answering(500, 'x'.repeat(1_000_000))).get('/'))
    expect((error as HttpStatusError).body).toHaveLength(65_536)
    expect((error as HttpStatusError).data).toBeUndefined()
  })

  test.each([false, true])('keep as much of a compressed body (cut on the way: %s)', async (isCut) => {
    const text = isCut ? randomBytes(150_000).toString('hex') : 'x'.repeat(1_000_000)
    const error = await failureOf((await answering(500, gzipSync(text), { 'content-encoding': 'gzip' })).get('/'))
    expect(error).toBeInstanceOf(ServerError)
    expect((error as HttpStatusError).body).toBe(text.slice(0, 65_536))
  })

  test('do not print headers and body when inspected', async () => {
    const error = await failureOf((await answering(500, '{"note":"a body"}', { 'x-note': 'a header' })).get('/'))
    expect(Object.keys(error as object)).not.toContain('body')
    expect(JSON.stringify(error)).not.toContain('a body')
  })
})

describe('maxResponseBytes', () => {
  test.each([false, true])('ends a longer body with a typed error (compressed: %s)', async (compressed) => {
    const body = 'x'.repeat(100_000)
    const client = await answering(200, compressed ? gzipSync(body) : body, compressed ? { 'content-encoding': 'gzip' } : {})
    const error = await failureOf(client.get('/', { maxResponseBytes: 1_000 }))
    expect(error).toMatchObject({ code: 'parse', status: 200 })
    expect(String(error)).toContain('maxResponseBytes')
    expect(await client.get('/', { maxResponseBytes: 100_000 }).text()).toBe(body)
  })

  test.each([false, true])(
    'counts what was decompressed: of short bodies, compression makes longer ones (stream: %s)',
    async (stream) => {
      for (const [encoding, body] of [
        ['gzip', gzipSync('short')],
        ['gzip, br', brotliCompressSync(gzipSync('short'))],
      ] as const) {
        const client = await answering(200, body, { 'content-encoding': encoding })
        expect(await client.get('/', { maxResponseBytes: 5, stream }).text()).toBe('short')
        const tooLong = client.get('/', { maxResponseBytes: 4, stream }).text()
        expect(await failureOf(tooLong)).toMatchObject({ code: 'parse', message: expect.stringContaining('maxResponseBytes') })
      }
    },
  )

  test.each(['identity', 'zip'])('holds for a body whose encoding, %s, is none to be undone', async (encoding) => {
    const client = await answering(200, 'x'.repeat(1_001), { 'content-encoding': encoding })
    expect(await failureOf(client.get('/', { maxResponseBytes: 1_000 }))).toMatchObject({ code: 'parse', status: 200 })
    expect(await client.get('/', { maxResponseBytes: 1_001 }).bytes()).toHaveLength(1_001)
  })
})

describe('compressed bodies', () => {
  const text = 'a body '.repeat(100)
  test.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['identity', Buffer.from(text)],
  ])('%s is undone', async (encoding, body) => {
    expect(await (await answering(200, body, { 'content-encoding': encoding })).get('/').text()).toBe(text)
  })

  test.each(['gzip', 'br'])('%s is undone in streams', async (encoding) => {
    const body = encoding === 'gzip' ? gzipSync(text) : brotliCompressSync(text)
    const response = await (await answering(200, body, { 'content-encoding': encoding })).get('/', { stream: true })
    expect(await new Response(response.body).text()).toBe(text)
  })

  test('an unknown one is left as it is', async () => {
    expect(await (await answering(200, 'as it is', { 'content-encoding': 'zip' })).get('/').text()).toBe('as it is')
  })

  test('an empty one is empty', async () => {
    expect(await (await answering(200, '', { 'content-encoding': 'gzip' })).get('/').text()).toBe('')
  })

  test.each([Buffer.from('no gzip'), gzipSync(text).subarray(0, 20)])('a broken one is a typed error', async (body) => {
    expect(await failureOf((await answering(200, body, { 'content-encoding': 'gzip' })).get('/'))).toMatchObject({
      code: 'parse',
      status: 200,
    })
  })
})

describe('bodies that end early', () => {
  /** Sends half a body. A reset may overtake what was sent before it, so it comes when `cut` is called. */
  async function cutting(
    headers: Record<string, string>,
    how: 'end' | 'reset',
  ): Promise<Loopback & { readonly cut: () => void }> {
    const sockets: Socket[] = []
    const server = await serve([], ({ socket }, response) => {
      sockets.push(socket)
      response.writeHead(200, headers).write('half', () => void (how === 'end' && socket.end()))
    })
    return { ...server, cut: () => void (how === 'reset' && sockets[0]?.resetAndDestroy()) }
  }

  test.each([
    ['end', { 'content-length': '100' }, 'parse'],
    ['end', { 'transfer-encoding': 'chunked' }, 'parse'],
    ['reset', { 'content-length': '100' }, 'connection'],
  ] as const)('%s with %j are a typed error that keeps the status', async (how, headers, code) => {
    const { origin, cut } = await cutting(headers, how)
    const error = await failureOf(new HttpClient({ baseUrl: origin }).get('/', { onDownloadProgress: cut }))
    expect(error).toMatchObject({ code, status: 200, attempts: 1, retryable: true })
  })

  test('are read again where a retry strategy says so', async () => {
    let count = 0
    const { origin } = await serve([], (_request, response) => {
      if (++count > 1) sendJson(response, 200, { count })
      else response.writeHead(200, { 'content-length': '100' }).write('half', () => response.socket?.end())
    })
    const retryStrategy = { nextDelay: ({ retryable }: { retryable: boolean }) => (retryable ? 0 : undefined) }
    expect(await new HttpClient({ baseUrl: origin, retryStrategy }).get('/').json()).toEqual({ count: 2 })
  })
})

describe('streams', () => {
  test('resolve at the headers, and give the body as it comes', async () => {
    const send: (() => void)[] = []
    const { origin } = await serve([], (_request, response) => {
      response.writeHead(200).write('one')
      send.push(
        () => response.write('two'),
        () => response.end('three'),
      )
    })
    const response = await new HttpClient({ baseUrl: origin }).get('/', { stream: true })
    const chunks: string[] = []
    for await (const chunk of response.body ?? []) {
      chunks.push(new TextDecoder().decode(chunk))
      send.shift()?.()
    }
    expect(chunks).toEqual(['one', 'two', 'three'])
  })

  test('can be read whole by the response', async () => {
    const { origin } = await loopback((_request, response) => sendJson(response, 200, { a: 1 }))
    const response = await new HttpClient({ baseUrl: origin }).get('/', { stream: true })
    expect(await response.json()).toEqual({ a: 1 })
    expect(await response.text()).toBe('{"a":1}')
  })

  test('time out when a chunk does not come, but not while nobody reads', async () => {
    const { origin } = await serve([], (_request, response) => void response.writeHead(200).write('one'))
    const clock = new ManualClock()
    const response = await new HttpClient({ baseUrl: origin, clock, timeoutMs: 1_000 }).get('/', { stream: true })
    await clock.advance(2_000)
    const reader = response.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('one')
    await clock.advance(2_000)
    const failure = failureOf(reader?.read() ?? Promise.resolve())
    await clock.advance(1_000)
    expect(await failure).toMatchObject({ code: 'timeout', phase: 'body', timeoutMs: 1_000 })
  })

  test('end with the reason of an abort', async () => {
    const { origin } = await serve([], (_request, response) => void response.writeHead(200).write('one'))
    const controller = new AbortController()
    const response = await new HttpClient({ baseUrl: origin }).get('/', { stream: true, signal: controller.signal })
    const reason = new Error('enough')
    const reader = response.body?.getReader()
    await reader?.read()
    const failure = failureOf(reader?.read() ?? Promise.resolve())
    controller.abort(reason)
    expect(await failure).toBe(reason)
  })

  test('of error statuses throw as usual, with the body read', async () => {
    const error = await failureOf((await answering(500, 'sorry')).get('/', { stream: true }))
    expect(error).toMatchObject({ status: 500, body: 'sorry' })
  })

  test('hold back the server while nobody reads', async () => {
    let written = 0
    const blocks = 2_000
    const { origin } = await serve([], async (_request, response) => {
      response.writeHead(200)
      const block = Buffer.alloc(65_536)
      for (; written < blocks; written++) if (!response.write(block)) await once(response, 'drain')
      response.end()
    })
    const response = await new HttpClient({ baseUrl: origin }).get('/', { stream: true })
    // Until it writes no more, as there is no room on the way.
    for (let before = -1; before < written; await new Promise((resolve) => setTimeout(resolve, 200))) before = written
    expect(written).toBeLessThan(blocks / 2)
    await response.body?.cancel()
  })

  test('that are cancelled free their connection', async () => {
    const { origin } = await serve([], (request, response) => {
      if (request.url === '/endless') response.writeHead(200).write('one')
      else sendJson(response, 200, {})
    })
    const client = new HttpClient({ baseUrl: origin, poolMaxsize: 1 })
    const response = await client.get('/endless', { stream: true })
    await response.body?.cancel()
    expect((await client.get('/')).status).toBe(200)
  })

  test('are limited by maxResponseBytes too', async () => {
    const response = await (await answering(200, 'x'.repeat(100_000))).get('/', { stream: true, maxResponseBytes: 1_000 })
    expect(await failureOf(new Response(response.body).text())).toMatchObject({ code: 'parse', status: 200 })
  })
})

describe('a stream', () => {
  test.each([300, 302])('of a %i that leads nowhere is whole', async (status) => {
    const client = await answering(status, 'x'.repeat(200_000))
    const response = await client.get('/', { stream: true })
    expect(response.body).toBeInstanceOf(ReadableStream)
    expect((await response.text()).length).toBe(200_000)
  })

  test('of a redirect on the way is given up', async () => {
    const server = await loopback((request, response) => {
      if (request.path === '/') response.writeHead(302, { location: '/there' }).end('moved')
      else response.end('there')
    })
    const client = new HttpClient({ baseUrl: server.origin })
    expect(await (await client.get('/', { stream: true })).text()).toBe('there')
    await client.close()
  })

  test.each([
    ['204', 204, {}],
    ['an empty 200', 200, { 'content-length': '0' }],
  ])('of %s holds nothing open', async (_name, status, headers) => {
    const client = await answering(status, '', headers)
    const response = await client.get('/', { stream: true })
    const startedAt = performance.now()
    await client.close()
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(await response.text()).toBe('')
  })
})

test.each([204, 304])('a %i that tells the length that a 200 would have had has an empty body', async (status) => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.end(`HTTP/1.1 ${status} x\r\nContent-Length: 3\r\nETag: "x"\r\n\r\n`))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const client = new HttpClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  const response = await client.get('/')
  expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([status, '"x"', ''])
})

describe('waits for what is not ours end too', () => {
  const never = new Promise<never>(() => undefined)

  test('for the text of an error response that middleware made', async () => {
    const middleware = [() => async () => ({ status: 500, headers: new Headers(), text: () => never }) as unknown as HttpResponse]
    const client = new HttpClient({ baseUrl: 'http://api.example', middleware })
    expect(await failureOf(client.get('/', { totalTimeoutMs: 20 }))).toMatchObject({ code: 'timeout' })
  })

  test('for a schema that never answers', async () => {
    const schema: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'x', validate: () => never } }
    const client = await answering(200, '{}')
    const controller = new AbortController()
    const reading = failureOf(client.get('/', { schema, signal: controller.signal }).json())
    setTimeout(() => controller.abort(new Error('enough')), 20)
    expect(await reading).toEqual(new Error('enough'))
  })
})

describe('a schema that never answers', () => {
  const schema: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'x', validate: () => new Promise(() => undefined) } }
  const transport = async (): Promise<Response> => new Response('{}')

  test('is waited for no longer than totalTimeoutMs, with the shortcut and without, also when it is asked late', async () => {
    const clock = new ManualClock()
    const client = new HttpClient({ baseUrl: 'http://api.example', transport, clock, totalTimeoutMs: 1_000 })
    const expected = { code: 'timeout', phase: 'body', timeoutMs: 1_000, attempts: 1 }
    const reading = failureOf(client.get('/', { schema }).json())
    await clock.advance(1_000)
    expect(await reading).toMatchObject(expected)
    const response = await client.get('/', { schema })
    await clock.advance(5_000)
    const readings = [failureOf(response.json()), failureOf(response.json())]
    await clock.advance(1_000)
    expect(await Promise.all(readings)).toMatchObject([expected, expected])
    expect(clock.pendingDelays).toEqual([])
  })

  test('does not outlast the closing of the client', async () => {
    const client = new HttpClient({ baseUrl: 'http://api.example', transport })
    const readings = [failureOf(client.get('/', { schema }).json()), failureOf(client.get('/', { schema }).json())]
    await settle()
    await client.close({ graceMs: 10 })
    for (const reading of readings) expect(await reading).toMatchObject({ code: 'closed' })
  })

  test('leaves nothing behind in the client, whether it answers or fails', async () => {
    const client = new HttpClient({ baseUrl: 'http://api.example', transport, totalTimeoutMs: 60_000 })
    for (const validate of [async (value: unknown) => ({ value }), () => Promise.reject(new Error('broken'))]) {
      const own: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'x', validate } }
      await failureOf(client.get('/', { schema: own }).json())
    }
    const startedAt = performance.now()
    await client.close()
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })
})

test('json() by a schema that answers at once is had, though the signal has been aborted since', async () => {
  const controller = new AbortController()
  const schema: StandardSchemaV1 = { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } }
  const response = await (await answering(200, '{"a":1}')).get('/', { schema, signal: controller.signal })
  controller.abort()
  expect(await response.json()).toEqual({ a: 1 })
})

test.each(['text', 'json', 'bytes'] as const)('%s() of a stream that was begun to be read says so', async (shortcut) => {
  const server = await loopback((_request, response) => response.end('{}'))
  const client = new HttpClient({ baseUrl: server.origin })
  const [locked, read] = [await client.get('/', { stream: true }), await client.get('/', { stream: true })]
  locked.body?.getReader()
  const reader = read.body?.getReader()
  await reader?.read()
  reader?.releaseLock()
  for (const response of [locked, read]) {
    const message = expect.stringContaining('is being read as a stream')
    expect(await failureOf(response[shortcut]())).toMatchObject({ code: 'parse', status: 200, message })
  }
})
