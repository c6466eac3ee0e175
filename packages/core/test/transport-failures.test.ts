import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { ConnectionError, TlsError } from '../src/errors.ts'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson } from './fixtures/loopback.ts'

function failingWith(failure: unknown): Promise<unknown> {
  return failureOf(new HttpClient({ baseUrl: 'https://api.example.com', transport: () => Promise.reject(failure) }).get('/'))
}

/** What Node's fetch throws. */
function node(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error('inner'), { code }) })
}

/** What Bun throws. */
function bun(code: string): Error {
  return Object.assign(new Error('Unable to connect'), { code })
}

/** What Deno throws: words alone. */
function deno(words: string): Error {
  const inner = new Error(`error sending request for url (https://api.example.com/): ${words}`)
  return new TypeError('fetch failed', { cause: inner })
}

describe('what a platform throws is the same class everywhere', () => {
  test.each<[string, Error, boolean]>([
    ['Node, refused', node('ECONNREFUSED'), false],
    ['Node, no such host', node('ENOTFOUND'), false],
    ['Node, reset', node('ECONNRESET'), true],
    ['Node, closed', node('UND_ERR_SOCKET'), true],
    ['Node, several addresses', new TypeError('fetch failed', { cause: new AggregateError([node('ECONNREFUSED')]) }), false],
    ['Bun, refused', bun('ConnectionRefused'), false],
    ['Bun, closed', bun('ConnectionClosed'), true],
    ['Deno, refused', deno('client error (Connect): tcp connect error: Connection refused (os error 111)'), false],
    ['Deno, no such host', deno('client error (Connect): dns error: failed to lookup address information'), false],
    ['Deno, closed', deno('connection closed before message completed'), true],
    ['browser', new TypeError('Failed to fetch'), true],
  ])('%s', async (_name, failure, requestSent) => {
    const error = await failingWith(failure)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ code: 'connection', requestSent, retryable: true, cause: failure, attempts: 1 })
  })

  test.each<[string, Error]>([
    ['Node, self-signed', node('DEPTH_ZERO_SELF_SIGNED_CERT')],
    ['Node, expired', node('CERT_HAS_EXPIRED')],
    ['Node, other name', node('ERR_TLS_CERT_ALTNAME_INVALID')],
    ['Bun, unknown authority', bun('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
    ['Deno', deno('client error (Connect): invalid peer certificate: UnknownIssuer')],
    ['Deno, no TLS at all', deno('client error (Connect): received corrupt message of type InvalidContentType')],
  ])('%s is a TlsError, and not retryable', async (_name, failure) => {
    const error = await failingWith(failure)
    expect(error).toBeInstanceOf(TlsError)
    expect(error).toMatchObject({ code: 'tls', retryable: false, cause: failure })
  })

  function breakingWith(failure: unknown): Promise<unknown> {
    const body = new ReadableStream({ pull: (controller) => controller.error(failure) })
    const transport = async (): Promise<Response> => new Response(body)
    return failureOf(new HttpClient({ baseUrl: 'https://api.example.com', transport }).get('/'))
  }

  test.each<[string, Error]>([
    ['Node, gzip', node('Z_DATA_ERROR')],
    ['Bun, gzip or deflate', bun('ZlibError')],
    ['Bun, br', bun('BrotliDecompressionError')],
    ['Bun, zstd', bun('ZstdDecompressionError')],
    ['Deno, no gzip', new TypeError('Invalid gzip header')],
    ['Deno, gzip with a wrong sum', new TypeError('CRC computed does not match')],
    ['Deno, gzip with a wrong length', new TypeError('amount of bytes read does not match')],
    ['Deno, gzip that is broken', new TypeError('deflate decompression error: invalid distances set')],
    ['Deno, br', new TypeError('brotli error')],
  ])('a body that cannot be decompressed (%s) is a ResponseParseError, and not retryable', async (_name, failure) => {
    const error = await breakingWith(failure)
    expect(error).toMatchObject({ name: 'ResponseParseError', code: 'parse', status: 200, retryable: false, cause: failure })
    expect((error as Error).message).toContain('cannot be decompressed')
  })

  test.each<[string, Error]>([
    ['Node', node('Z_BUF_ERROR')],
    ['Deno, gzip', new TypeError('unexpected end of file')],
    ['Deno, br', new TypeError('reached unexpected EOF')],
  ])('a compressed body that is cut (%s) is a ResponseParseError that is retryable', async (_name, failure) => {
    expect(await breakingWith(failure)).toMatchObject({
      name: 'ResponseParseError',
      status: 200,
      retryable: true,
      cause: failure,
    })
  })

  test('words of a body that cannot be decompressed mean nothing before there is one', async () => {
    expect(await failingWith(new TypeError('brotli error'))).toBeInstanceOf(ConnectionError)
  })

  test.each([
    ['https://e/', 'invalid peer certificate: UnknownIssuer'],
    ['https://tls/', 'tls handshake eof'],
    ['https://certificate:8443/', 'invalid peer certificate: UnknownIssuer'],
    ['https://message/', 'received corrupt message of type InvalidContentType'],
  ])('a host whose name is part of the words that tell of TLS does not hide them: %s', async (url, words) => {
    const failure = deno(`client error (Connect): ${words}`)
    const transport = (): Promise<Response> => Promise.reject(failure)
    expect(await failureOf(new HttpClient({ transport }).get(url))).toBeInstanceOf(TlsError)
  })

  test.each([
    'https://tls:8443/',
    'https://api.example.com/certificates',
    'https://tls.example.com/',
    'https://api.example.com/?why=dns error',
  ])('words of the URL that the platform repeats say nothing of what failed: %s', async (url) => {
    const inner = new Error(`error sending request for url (${url}) to ${new URL(url).host}: connection closed`)
    const transport = (): Promise<Response> => Promise.reject(new TypeError('fetch failed', { cause: inner }))
    const error = await failureOf(new HttpClient({ transport }).get(url))
    expect(error).toMatchObject({ name: 'ConnectionError', requestSent: true })
  })

  test('an error of another realm is read like one of this realm', async () => {
    const refused = 'Object.assign(new Error("inner"), { code: "ECONNREFUSED" })'
    const several = runInNewContext(`new TypeError('fetch failed', { cause: new AggregateError([${refused}]) })`)
    expect(await failingWith(several)).toMatchObject({ name: 'ConnectionError', requestSent: false })
    const certificate = runInNewContext("new TypeError('fetch failed', { cause: new Error('invalid peer certificate') })")
    expect(await failingWith(certificate)).toBeInstanceOf(TlsError)
    expect(inspect(await failingWith(certificate))).toContain('invalid peer certificate')
  })

  test('a failure is what its code says, also where the query or a header has the same word', async () => {
    const transport = (): Promise<Response> => Promise.reject(node('ECONNREFUSED'))
    const client = new HttpClient({ baseUrl: 'https://api.example.com', transport })
    const error = await failureOf(client.post('/logs?code=ECONNREFUSED', { headers: { 'x-why': 'ECONNREFUSED' } }))
    expect(error).toMatchObject({ code: 'connection', requestSent: false, message: expect.stringContaining('(ECONNREFUSED)') })
  })

  test('the query of a URL that the platform repeats is not kept in the cause', async () => {
    const transport = (url: string): Promise<Response> =>
      Promise.reject(new TypeError('fetch failed', { cause: new Error(`sending ${url}`) }))
    const client = new HttpClient({ baseUrl: 'https://api.example.com', transport })
    const error = await failureOf(client.get('/', { params: { key: 'canary' } }))
    expect(inspect(error)).toContain('sending https://api.example.com/?***')
    expect(inspect(error)).not.toContain('canary')
  })

  test('a real handshake with a server that speaks no TLS', async () => {
    const { origin } = await loopback((_request, response) => sendJson(response, 200, {}))
    expect(await failureOf(new HttpClient().get(origin.replace('http:', 'https:')))).toBeInstanceOf(TlsError)
  })

  test('a host that does not exist', async () => {
    const error = await failureOf(new HttpClient().get('http://no-such-host.invalid/'))
    expect(error).toMatchObject({
      code: 'connection',
      requestSent: false,
      request: { method: 'GET', url: 'http://no-such-host.invalid/' },
    })
  })
})
