import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import zlib, { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import { proxyFor } from '../src/transport/node/environment-proxy.ts'
import { zstdFrames } from '../src/transport/node/zstd-frames.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson, serve } from './fixtures/loopback.ts'

describe('connections', () => {
  test('are kept and used again', async () => {
    const server = await loopback((_request, response) => sendJson(response, 200, {}))
    const client = new HttpClient({ baseUrl: server.origin })
    for (let sent = 0; sent < 5; sent++) await client.get('/')
    // undici lets a socket rest for one turn of the event loop, so a second one may be opened.
    expect(server.socketCount()).toBeLessThanOrEqual(2)
  })

  test('are as many for each origin as poolMaxsize says, and requests beyond wait their turn', async () => {
    let [now, most] = [0, 0]
    const server = await serve([], (_request, response) => {
      most = Math.max(most, ++now)
      setTimeout(() => {
        now--
        sendJson(response, 200, {})
      }, 10)
    })
    const client = new HttpClient({ baseUrl: server.origin, poolMaxsize: 3 })
    await Promise.all(Array.from({ length: 12 }, () => client.get('/')))
    expect(most).toBe(3)
    expect(server.socketCount()).toBe(3)
  })

  test('are kept for as many origins as poolConnections says; the one used least recently goes first, and nothing fails', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => loopback((_request, response) => sendJson(response, 200, {}))))
    const client = new HttpClient({ poolConnections: 2 })
    for (let round = 0; round < 2; round++) for (const { origin } of servers) expect((await client.get(origin)).status).toBe(200)
    expect(servers.map(({ socketCount }) => socketCount())).toEqual([2, 2, 2])
  })

  test('of an origin that has to make room finish what they do', async () => {
    const slow = await serve([], (_request, response) => void setTimeout(() => sendJson(response, 200, {}), 60))
    const quick = await loopback((_request, response) => sendJson(response, 200, {}))
    const client = new HttpClient({ poolConnections: 1 })
    const pending = client.get(slow.origin)
    await client.get(quick.origin)
    expect((await pending).status).toBe(200)
  })

  test('are not exhausted by 200 error answers that nobody reads', async () => {
    const server = await loopback((_request, response) => response.writeHead(500).end('x'.repeat(100_000)))
    const client = new HttpClient({ baseUrl: server.origin, poolMaxsize: 4 })
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => failureOf(client.get('/'))))
    expect(outcomes.every((outcome) => (outcome as { status?: number }).status === 500)).toBe(true)
  })
})

describe('what is sent', () => {
  test.each([
    ['a string', 'text', 'text/plain;charset=UTF-8'],
    ['a Blob', new Blob(['text'], { type: 'text/x-note' }), 'text/x-note'],
    ['bytes', new TextEncoder().encode('text'), undefined],
    ['a stream', new Blob(['text']).stream(), undefined],
  ])('%s has its content type', async (_name, body, type) => {
    const server = await loopback((_request, response) => sendJson(response, 200, {}))
    await new HttpClient({ baseUrl: server.origin }).post('/', { body })
    expect(server.requests[0]).toMatchObject({ body: 'text' })
    expect(server.requests[0]?.headers['content-type']).toBe(type)
  })

  test('a FormData is multipart, files and all', async () => {
    const server = await loopback((_request, response) => sendJson(response, 200, {}))
    const form = new FormData()
    form.set('note', 'hello')
    form.set('file', new Blob(['content'], { type: 'text/x-note' }), 'a.txt')
    await new HttpClient({ baseUrl: server.origin }).post('/', { body: form })
    expect(server.requests[0]?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(server.requests[0]?.body).toMatch(/name="file"; filename="a.txt"\r\nContent-Type: text\/x-note\r\n\r\ncontent/)
  })

  test('a stream goes out as it comes', async () => {
    const received: string[] = []
    const { origin } = await serve([], (request, response) => {
      request.on('data', (chunk) => received.push(String(chunk)))
      request.on('end', () => sendJson(response, 200, {}))
    })
    let push: (chunk: string | undefined) => void = () => undefined
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        push = (chunk) => (chunk === undefined ? controller.close() : controller.enqueue(new TextEncoder().encode(chunk)))
      },
    })
    const pending = new HttpClient({ baseUrl: origin }).post('/', { body })
    push('one')
    await expect.poll(() => received).toEqual(['one'])
    push('two')
    push(undefined)
    await pending
    expect(received).toEqual(['one', 'two'])
  })

  test('a stream that fails ends its request with what it failed of, which is no failure of the network', async () => {
    const { origin } = await serve([], () => undefined)
    const cause = new Error('the disk is gone')
    const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(cause) })
    expect(await failureOf(new HttpClient({ baseUrl: origin }).post('/', { body }))).toBe(cause)
  })

  test('a stream is cancelled when its request is aborted', async () => {
    const { origin } = await serve([], () => undefined)
    const controller = new AbortController()
    const cancelled = vi.fn()
    const body = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined), cancel: cancelled })
    const failure = failureOf(new HttpClient({ baseUrl: origin }).post('/', { body, signal: controller.signal }))
    setTimeout(() => controller.abort(), 20)
    await failure
    await expect.poll(() => cancelled).toHaveBeenCalled()
  })
})

test('a header that a hook makes unsendable is a ConfigurationError that does not repeat it', async () => {
  const hooks = [
    { beforeRequest: (request: object) => ({ ...request, headers: { 'x-bad': 'canary\r\nx-injected: 1' } }) as never },
  ]
  const error = await failureOf(new HttpClient({ baseUrl: 'http://127.0.0.1:1', hooks }).get('/'))
  expect(error).toMatchObject({ code: 'configuration' })
  expect(String(error)).not.toContain('canary')
})

describe('the proxy of an origin', () => {
  const proxy = 'http://proxy:3128'
  test.each([
    ['http://api.example.com', { http_proxy: proxy }, 'http://proxy:3128/'],
    ['http://api.example.com', { HTTP_PROXY: proxy }, 'http://proxy:3128/'],
    ['http://api.example.com', { HTTP_PROXY: proxy, REQUEST_METHOD: 'GET' }, undefined],
    ['https://api.example.com', { http_proxy: proxy }, undefined],
    ['https://api.example.com', { HTTPS_PROXY: proxy }, 'http://proxy:3128/'],
    ['https://api.example.com', { ALL_PROXY: 'proxy:3128' }, 'http://proxy:3128/'],
    ['https://api.example.com', { https_proxy: proxy, no_proxy: '*' }, undefined],
    ['https://api.example.com', { https_proxy: proxy, no_proxy: 'a.b, example.com' }, undefined],
    ['https://api.example.com', { https_proxy: proxy, NO_PROXY: '.example.com' }, undefined],
    ['https://api.example.com', { https_proxy: proxy, no_proxy: 'example.com:8443' }, 'http://proxy:3128/'],
    ['https://api.example.com:8443', { https_proxy: proxy, no_proxy: 'example.com:8443' }, undefined],
    ['https://notexample.com', { https_proxy: proxy, no_proxy: 'example.com' }, 'http://proxy:3128/'],
    ['https://api.example.com.', { https_proxy: proxy, no_proxy: 'example.com' }, undefined],
    ['https://api.example.com', { https_proxy: proxy, no_proxy: 'example.com.' }, undefined],
    ['https://[fd00::1]', { https_proxy: proxy, no_proxy: 'fd00::1' }, undefined],
    ['https://[fd00::1]', { https_proxy: proxy, no_proxy: '[fd00:0::1]' }, undefined],
    ['https://[fd00::1]:8443', { https_proxy: proxy, no_proxy: '[fd00::1]:8443' }, undefined],
    ['https://[fd00::1]', { https_proxy: proxy, no_proxy: '[fd00::1]:8443' }, 'http://proxy:3128/'],
    ['https://[fd00::1]', { https_proxy: proxy, no_proxy: 'fd00::2' }, 'http://proxy:3128/'],
    ['https://[fd12::1]', { https_proxy: proxy, no_proxy: 'fd00::/8' }, undefined],
    ['https://10.1.2.3', { https_proxy: proxy, no_proxy: '10.1.2.3' }, undefined],
    ['https://10.1.2.3', { https_proxy: proxy, no_proxy: '10.0.0.0/8' }, undefined],
    ['https://10.1.2.3:8443', { https_proxy: proxy, no_proxy: '10.0.0.0/8:8443' }, undefined],
    ['https://11.1.2.3', { https_proxy: proxy, no_proxy: '10.0.0.0/8' }, 'http://proxy:3128/'],
    ['https://10.1.2.3', { https_proxy: proxy, no_proxy: '10.0.0.0/33' }, 'http://proxy:3128/'],
    ['https://10.1.2.3', { https_proxy: proxy, no_proxy: 'fd00::/8,10.0.0.0/x,2.3' }, 'http://proxy:3128/'],
    ['https://api.example.com', { https_proxy: proxy, no_proxy: '10.0.0.0/8' }, 'http://proxy:3128/'],
    ['http://127.0.0.1:8080', { http_proxy: proxy }, undefined],
    ['http://localhost.', { http_proxy: proxy }, undefined],
    ['http://localhost', { http_proxy: proxy }, undefined],
    ['http://api.example.com', {}, undefined],
  ])('%s with %j is %s', (origin, environment, expected) => {
    expect(proxyFor(origin, environment)?.href).toBe(expected)
  })

  test('is asked for a tunnel to https, and gets nothing of the request', async () => {
    const asked: unknown[] = []
    const proxyServer = createServer().listen(0, '127.0.0.1')
    proxyServer.on('connect', (request, socket) => {
      asked.push([request.url, Object.keys(request.headers).sort()])
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    })
    await once(proxyServer, 'listening')
    vi.stubEnv('https_proxy', `http://127.0.0.1:${(proxyServer.address() as AddressInfo).port}`)
    onTestFinished(() => {
      vi.unstubAllEnvs()
      proxyServer.close()
    })
    const client = new HttpClient({ baseUrl: 'https://api.example.test', bearerToken: 'secret' })
    expect(await failureOf(client.get('/users'))).toMatchObject({ code: 'connection', requestSent: false })
    expect(asked).toEqual([['api.example.test:443', ['connection', 'host', 'proxy-connection']]])
    await client.close()
  })

  test('that closes the connection instead of answering is a failed connection, and is not asked again and again', async () => {
    let connections = 0
    const proxyServer = createServer().listen(0, '127.0.0.1')
    proxyServer.on('connection', () => connections++)
    proxyServer.on('connect', (_request, socket) => socket.end())
    await once(proxyServer, 'listening')
    onTestFinished(() => void proxyServer.close())
    const client = new HttpClient({ proxy: `http://127.0.0.1:${(proxyServer.address() as AddressInfo).port}` })
    const error = await failureOf(client.get('https://api.example.test/', { timeoutMs: 5_000 }))
    expect(error).toMatchObject({ code: 'connection', requestSent: false })
    expect(connections).toBe(1)
    await client.close()
  })

  test('that cannot be read is not gone around', async () => {
    expect(() => proxyFor('https://api.example.com', { https_proxy: 'http://u:pa#canary@proxy:80' })).toThrow(
      expect.objectContaining({ option: 'proxy', message: expect.not.stringContaining('canary') }),
    )
  })

  test.each([
    ['user:p%40ss', 'user:p@ss'],
    ['user:50%', 'user:50%'],
    [':pass', ':pass'],
  ])('is asked for plain http with the absolute URL, and gets its own credentials (%s)', async (userInfo, credentials) => {
    const asked: unknown[] = []
    const proxyServer = createServer((request, response) => {
      asked.push([request.url, request.headers.host, request.headers['proxy-authorization']])
      sendJson(response, 200, { through: 'proxy' })
    })
    proxyServer.listen(0, '127.0.0.1')
    await once(proxyServer, 'listening')
    vi.stubEnv('http_proxy', `http://${userInfo}@127.0.0.1:${(proxyServer.address() as AddressInfo).port}`)
    onTestFinished(() => {
      vi.unstubAllEnvs()
      proxyServer.close()
      proxyServer.closeAllConnections()
    })
    const client = new HttpClient({ baseUrl: 'http://api.example.test' })
    expect(await client.get('/users?a=1').json()).toEqual({ through: 'proxy' })
    expect(asked).toEqual([['http://api.example.test/users?a=1', 'api.example.test', `Basic ${btoa(credentials)}`]])
    await client.close()
  })
})

describe('an encoded body', () => {
  const encodings: [string, (text: string) => Buffer][] = [
    ['gzip', (text) => gzipSync(text)],
    ['deflate', (text) => deflateSync(text)],
    ['deflate', (text) => deflateRawSync(text)],
    ['br', (text) => brotliCompressSync(text)],
  ]
  // Node 20 has none.
  if ('zstdCompressSync' in zlib) encodings.push(['zstd', (text) => zlib.zstdCompressSync(text)])

  test.each(encodings)('in %s is decoded whole, as a stream, and in an error', async (encoding, encode) => {
    const text = JSON.stringify({ text: 'x'.repeat(200_000) })
    const api = await loopback((request, response) => {
      response.writeHead(request.path === '/error' ? 404 : 200, { 'content-encoding': encoding, 'content-type': 'text/plain' })
      response.end(encode(request.path === '/error' ? '{"why":"not there"}' : text))
    })
    const client = new HttpClient({ baseUrl: api.origin })
    expect(await client.get('/').text()).toBe(text)
    expect(await (await client.get('/', { stream: true })).text()).toBe(text)
    expect(await failureOf(client.get('/error'))).toMatchObject({ data: { why: 'not there' } })
  })

  describe.runIf('zstdCompressSync' in zlib)('in zstd', () => {
    const frame = (text: string): Buffer => zlib.zstdCompressSync(text)
    const texts = ['one '.repeat(50_000), '', 'two', 'three '.repeat(30_000)]
    const framed = (): Buffer => Buffer.concat(texts.map(frame))

    async function answering(status: number, pieces: readonly Buffer[]): Promise<HttpClient> {
      const api = await serve([], async (_request, response) => {
        response.writeHead(status, { 'content-encoding': 'zstd', 'content-type': 'text/plain' })
        for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve))
        response.end()
      })
      return new HttpClient({ baseUrl: api.origin })
    }

    test.each([true, false])('of several frames is decoded whole (stream: %s)', async (stream) => {
      expect(await (await answering(200, [framed()])).get('/', { stream }).text()).toBe(texts.join(''))
      expect(await (await answering(200, texts.map(frame))).get('/', { stream }).text()).toBe(texts.join(''))
    })

    test('of several frames is decoded, however its pieces are cut', async () => {
      const whole = framed()
      for (const size of [1, 7, 64]) {
        const stream = zstdFrames()
        for (let at = 0; at < whole.length; at += size) stream.write(whole.subarray(at, at + size))
        const decoded: Buffer[] = []
        for await (const chunk of stream.end()) decoded.push(chunk)
        expect(Buffer.concat(decoded).toString()).toBe(texts.join(''))
      }
    })

    test('is limited by maxResponseBytes over all its frames', async () => {
      const client = await answering(200, [framed()])
      const options = { maxResponseBytes: 300_000 }
      expect(await failureOf(client.get('/', options))).toMatchObject({
        code: 'parse',
        message: expect.stringContaining('larger'),
      })
    })

    const failureOfBytes = async (bytes: Buffer, stream: boolean): Promise<unknown> =>
      failureOf((await answering(200, [bytes])).get('/', { stream }).text())

    // Node 22 takes any end for the end.
    test.skipIf(process.versions.node.startsWith('22.')).each([true, false])(
      'that is cut is an error (stream: %s)',
      async (stream) => {
        expect(await failureOfBytes(framed().subarray(0, -5), stream)).toMatchObject({ code: 'parse' })
      },
    )

    test.each([true, false])('that is followed by something else is an error (stream: %s)', async (stream) => {
      const bytes = Buffer.concat([frame('one'), Buffer.from('garbage')])
      expect(await failureOfBytes(bytes, stream)).toMatchObject({ code: 'parse' })
    })

    test('of an error is kept as far as it goes', async () => {
      const error = await failureOf((await answering(404, [frame('{"why":'), frame('"gone"}')])).get('/'))
      expect(error).toMatchObject({ data: { why: 'gone' } })
    })

    test('that is read as a stream can be given up', async () => {
      const response = await (await answering(200, [framed()])).get('/', { stream: true })
      const reader = response.body?.getReader()
      expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
      await reader?.cancel()
    })
  })

  test.each(['gzip', 'deflate', 'br'])('in %s that is empty is empty, whole or as a stream', async (encoding) => {
    const api = await loopback((_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end())
    const client = new HttpClient({ baseUrl: api.origin })
    expect(await client.get('/').text()).toBe('')
    expect(await (await client.get('/', { stream: true })).text()).toBe('')
  })

  test.each([
    ['whole', false],
    ['as a stream', true],
  ])('in more encodings than anybody means is undone no further (%s)', async (_how, stream) => {
    const encoding = Array.from({ length: 60 }, () => 'gzip').join(', ')
    const api = await loopback((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(gzipSync('x'))
    })
    const error = await failureOf(new HttpClient({ baseUrl: api.origin }).get('/', { stream }).text())
    expect(error).toMatchObject({ code: 'parse', status: 200, message: expect.stringContaining('cannot be decompressed') })
  })

  test('in a few encodings is decoded', async () => {
    const api = await loopback((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip, identity, br, deflate' })
      response.end(deflateSync(brotliCompressSync(gzipSync('text'))))
    })
    expect(await new HttpClient({ baseUrl: api.origin }).get('/').text()).toBe('text')
  })

  test('whose first byte never comes can be given up at once', async () => {
    const closed = vi.fn()
    const api = await serve([], (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.flushHeaders()
      response.once('close', closed)
    })
    const response = await new HttpClient({ baseUrl: api.origin }).get('/', { stream: true })
    const reader = response.body?.getReader()
    const reading = reader?.read()
    await reader?.cancel()
    expect(await reading).toMatchObject({ done: true })
    await expect.poll(() => closed).toHaveBeenCalledOnce()
  })

  test('that is read as a stream can be given up', async () => {
    const api = await loopback((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(gzipSync('x'.repeat(1_000_000)))
    })
    const response = await new HttpClient({ baseUrl: api.origin }).get('/', { stream: true })
    const reader = response.body?.getReader()
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
    await reader?.cancel()
  })
})

describe('an answer that begins before all was sent', () => {
  const echo = (): ReturnType<typeof serve> =>
    serve([], (request, response) => {
      response.writeHead(200).flushHeaders()
      request.pipe(response)
    })

  test('does not cut a stream short', async () => {
    const { origin } = await echo()
    const chunks = ['one ', 'two ', 'three ', 'four']
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const chunk = chunks.shift()
        if (chunk === undefined) return controller.close()
        await new Promise((resolve) => setImmediate(resolve))
        controller.enqueue(new TextEncoder().encode(chunk))
      },
    })
    const response = await new HttpClient({ baseUrl: origin }).post('/', { body, stream: true })
    expect(await response.text()).toBe('one two three four')
  })

  test('does not cut a file short', async () => {
    const { origin } = await echo()
    const body = new Blob(['x'.repeat(20_000_000)])
    const response = await new HttpClient({ baseUrl: origin }).post('/', { body, stream: true })
    expect((await response.bytes()).byteLength).toBe(20_000_000)
  })
})
