import { once } from 'node:events'
import { createServer as createPlainServer } from 'node:http'
import { constants, createSecureServer, type Http2SecureServer, type SecureServerOptions } from 'node:http2'
import { createServer, type ServerOptions } from 'node:https'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { HttpClientConfigBuilder } from '../src/config-builder.ts'
import { ConfigurationError, ConnectionError, TlsError } from '../src/errors.ts'
import { HttpClient } from '../src/http-client.ts'
import { createTransport as createPlatformTransport } from '../src/transport/platform-transport.ts'
import { type Certificates, makeCertificates } from './fixtures/certificates.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson, serve } from './fixtures/loopback.ts'
import { ManualClock } from './fixtures/manual-clock.ts'

const certificates: Certificates = makeCertificates()
const { ca, server, elsewhere, client: own } = certificates

async function listen(target: Server | Http2SecureServer): Promise<number> {
  const sockets = new Set<Socket>()
  target.on('connection', (socket: Socket) => {
    sockets.add(socket)
    // Clients that refuse a certificate hang up.
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
  })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    target.close()
  })
  return (target.address() as AddressInfo).port
}

/** A server over TLS that says who its client is. */
async function tlsServer(options: ServerOptions = server): Promise<string> {
  const target = createServer(options, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate()
    sendJson(response, 200, { client: subject?.CN ?? 'nobody' })
  })
  return `https://127.0.0.1:${await listen(target)}`
}

/** Closed when the test is over. */
function clientOf(config: ConstructorParameters<typeof HttpClient>[0]): HttpClient {
  const client = new HttpClient(config)
  onTestFinished(() => client.close({ graceMs: 0 }))
  return client
}

describe('tls', () => {
  test('a server is trusted when its authority is', async () => {
    const baseUrl = await tlsServer()
    expect(await clientOf({ baseUrl, tls: { ca } }).get('/').json()).toEqual({ client: 'nobody' })
    expect(
      await clientOf({ baseUrl, tls: { ca: [Buffer.from(ca)] } })
        .get('/')
        .json(),
    ).toEqual({ client: 'nobody' })
    const error = await failureOf(clientOf({ baseUrl }).get('/'))
    expect(error).toBeInstanceOf(TlsError)
    expect(error).toMatchObject({ code: 'tls', retryable: false })
  })

  test('a certificate for another host is refused, unless that name is asked for', async () => {
    const baseUrl = await tlsServer(elsewhere)
    const error = await failureOf(clientOf({ baseUrl, tls: { ca } }).get('/'))
    expect(error).toBeInstanceOf(TlsError)
    expect((error as Error).message).toContain('ERR_TLS_CERT_ALTNAME_INVALID')
    const named = clientOf({ baseUrl, tls: { ca, servername: 'elsewhere.example' } })
    expect((await named.get('/')).status).toBe(200)
  })

  test('a client shows its own certificate: mutual TLS', async () => {
    const baseUrl = await tlsServer({ ...server, ca, requestCert: true, rejectUnauthorized: true })
    expect(
      await clientOf({ baseUrl, tls: { ca, ...own } })
        .get('/')
        .json(),
    ).toEqual({ client: 'client-1' })
    const error = await failureOf(clientOf({ baseUrl, tls: { ca } }).get('/'))
    expect([TlsError, ConnectionError].some((Class) => error instanceof Class)).toBe(true)
  })

  test('a client extended with other terms has connections of its own', async () => {
    const baseUrl = await tlsServer({ ...server, ca, requestCert: true, rejectUnauthorized: false })
    const nameless = clientOf({ baseUrl, tls: { ca } })
    const named = nameless.extend({ tls: { ca, ...own } })
    onTestFinished(() => named.close({ graceMs: 0 }))
    expect(await nameless.get('/').json()).toEqual({ client: 'nobody' })
    expect(await named.get('/').json()).toEqual({ client: 'client-1' })
    await named.close()
    expect(await nameless.get('/').json()).toEqual({ client: 'nobody' })
  })

  test.each([{ poolMaxsize: 1 }, { poolConnections: 1 }, { http2: false }, { proxy: false as const }])(
    'a client extended by %j does not share connections that were made otherwise',
    async (terms) => {
      const api = await serve([], (request, response) => sendJson(response, 200, request.socket.remotePort))
      const base = clientOf({ baseUrl: api.origin })
      const extended = base.extend(terms)
      const [ours, theirs] = [new Set<number>(), new Set<number>()]
      for (let round = 0; round < 5; round += 1) {
        // Twice, because undici lets a connection rest for a moment: else two clients would take turns on a shared pair.
        for (const path of ['/', '/again']) ours.add(await base.get(path).json<number>())
        theirs.add(await extended.get('/').json<number>())
      }
      await extended.close()
      // Ports are the clients' ends of connections.
      expect([...ours].filter((port) => theirs.has(port))).toEqual([])
    },
  )

  test.each<[string, object, string]>([
    ['a member that is unknown', { tls: { cacert: ca } }, 'unknown option `cacert`'],
    ['no PEM', { tls: { ca: 'c2VjcmV0' } }, 'tls.ca must be PEM, a string or bytes (got something without "-----BEGIN")'],
    ['a certificate without its key', { tls: { cert: own.cert } }, 'tls.cert and tls.key belong together'],
    ['a version that is none', { tls: { minVersion: 'TLSv1' } }, "tls.minVersion must be 'TLSv1.2' or 'TLSv1.3'"],
    ['a passphrase that is no string', { tls: { passphrase: 1 } }, 'tls.passphrase must be a string'],
    ['http2 that is no boolean', { http2: 'yes' }, 'http2 must be a boolean'],
    ['a proxy that is no URL', { proxy: 'proxy:3128' }, 'proxy must be an absolute http or https URL, or false'],
    [
      'a transport that decides itself',
      { tls: { ca }, transport: fetch },
      'tls is for the built-in transport on Node: a `transport`',
    ],
  ])('%s is refused by name', (_, config, message) => {
    expect(() => new HttpClient(config)).toThrow(ConfigurationError)
    expect(() => new HttpClient(config)).toThrow(message)
  })

  test('where the platform brings its own fetch, options that it would not obey are refused', () => {
    const pool = { connections: 1, maxsize: 1 }
    expect(() => createPlatformTransport({ ...pool, tls: { ca } })).toThrow("the platform's fetch decides about it by itself")
    expect(() => createPlatformTransport({ ...pool, proxy: 'http://proxy:3128' })).toThrow('proxy is for the built-in transport')
    expect(() => createPlatformTransport(pool)).not.toThrow()
  })

  test('a private key is in no inspection of a client', () => {
    const config = new HttpClientConfigBuilder()
      .withBaseUrl('https://api.example.com')
      .withTls({ ca, ...own })
      .build()
    const shown = inspect(clientOf(config), { depth: 10, showHidden: true })
    expect(shown).not.toContain('PRIVATE KEY')
  })
})

/** A server that speaks HTTP/2, and HTTP/1.1 to those who do not. */
async function http2Server(
  options: SecureServerOptions = {},
): Promise<{ readonly url: string; sessions(): number; readonly asked: string[] }> {
  let sessions = 0
  const asked: string[] = []
  let isRejected = true
  const target = createSecureServer({ ...server, allowHTTP1: true, ...options }, (request, response) => {
    asked.push(request.url ?? '')
    if (request.url === '/hangs') return
    if (request.url === '/moved') return void response.writeHead(307, { location: '/' }).end()
    if (request.url === '/picky' && isRejected) {
      isRejected = false
      return void response.writeHead(401).end()
    }
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
    })
    request.on('end', () => {
      const { httpVersion, method, headers } = request
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ httpVersion, method, length, authorization: headers.authorization }))
    })
  })
  target.on('session', () => {
    sessions += 1
  })
  const port = await listen(target)
  return { url: `https://127.0.0.1:${port}`, sessions: () => sessions, asked }
}

describe('http2', () => {
  test('is spoken where the server does, many requests on one connection', async () => {
    const { url, sessions } = await http2Server()
    const client = clientOf({ baseUrl: url, tls: { ca }, http2: true, poolMaxsize: 1 })
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.get('/').json<{ httpVersion: string }>()))
    expect(new Set(answers.map(({ httpVersion }) => httpVersion))).toEqual(new Set(['2.0']))
    expect(sessions()).toBe(1)
  })

  test('has one request at a time on each connection: those beyond poolMaxsize wait', async () => {
    let [now, most] = [0, 0]
    const held: (() => void)[] = []
    const target = createSecureServer(server, (_request, response) => {
      most = Math.max(most, ++now)
      held.push(() => {
        now -= 1
        response.end('{}')
      })
    })
    const baseUrl = `https://127.0.0.1:${await listen(target)}`
    const client = clientOf({ baseUrl, tls: { ca }, http2: true, poolMaxsize: 2 })
    const answers = Promise.all(Array.from({ length: 6 }, () => client.get('/').json()))
    for (let answered = 0; answered < 6; answered++) {
      await vi.waitFor(() => expect(held).not.toHaveLength(0), 10_000)
      held.shift()?.()
    }
    expect(await answers).toHaveLength(6)
    expect(most).toBe(2)
  })

  test('is not offered unless asked for, and HTTP/1.1 does where the server knows no better', async () => {
    const { url } = await http2Server()
    expect(await clientOf({ baseUrl: url, tls: { ca } }).get('/').json()).toMatchObject({ httpVersion: '1.1' })
    const baseUrl = await tlsServer()
    expect((await clientOf({ baseUrl, tls: { ca }, http2: true }).get('/')).status).toBe(200)
  })

  test('bodies, redirects and rejected tokens go the same way', async () => {
    const { url } = await http2Server()
    let number = 1
    const tokenManager = {
      getToken: async () => ({ accessToken: `token-${number}` }),
      replaceToken: async () => ({ accessToken: `token-${++number}` }),
    }
    const client = clientOf({ baseUrl: url, tls: { ca }, http2: true, tokenAuth: { tokenManager } })
    const body = 'x'.repeat(300_000)
    expect(await client.post('/', { body }).json()).toMatchObject({ method: 'POST', length: 300_000 })
    expect(await client.put('/moved', { json: { a: 1 } }).json()).toMatchObject({ method: 'PUT', length: 7 })
    expect(await client.get('/picky').json()).toMatchObject({ authorization: 'Bearer token-2' })
  })

  test.each(['DELETE', 'OPTIONS'] as const)('%s may have a body', async (method) => {
    const { url, sessions } = await http2Server()
    const client = clientOf({ baseUrl: url, tls: { ca }, http2: true, poolMaxsize: 1 })
    for (const body of ['text', new Blob(['blob']), new Blob(['flow']).stream(), () => new TextEncoder().encode('made')])
      expect(await client.request(method, '/', { body }).json()).toMatchObject({ httpVersion: '2.0', method, length: 4 })
    expect(await client.request(method, '/', { body: '' }).json()).toMatchObject({ method, length: 0 })
    expect(sessions()).toBe(1)
  })

  test.each(['POST', 'PUT', 'DELETE'] as const)('%s may have an empty file or stream for a body', async (method) => {
    const { url } = await http2Server()
    const client = clientOf({ baseUrl: url, tls: { ca }, http2: true, timeoutMs: 2_000 })
    expect(await client.request(method, '/', { body: new Blob([]) }).json()).toMatchObject({ method, length: 0 })
    for (const headers of [{}, { 'content-length': '0' }]) {
      const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() })
      expect(await client.request(method, '/', { body, headers }).json()).toMatchObject({ method, length: 0 })
    }
    // Not empty, whatever its header says: nothing of it is lost.
    const body = new Blob(['flow']).stream()
    expect(await client.request(method, '/', { body, headers: { 'content-length': '0' } }).json()).toMatchObject({ length: 4 })
  })

  test.each([{ TE: 'gzip, trailers' }, { 'proxy-connection': 'keep-alive' }, { 'http2-settings': 'AAMAAABk' }])(
    'a header that it does not have is refused by name: %j',
    async (headers) => {
      const { url, asked } = await http2Server()
      const client = clientOf({ baseUrl: url, tls: { ca }, http2: true, timeoutMs: 2_000 })
      const [name = ''] = Object.keys(headers)
      const error = await failureOf(client.post('/', { headers, body: new Blob(['x']).stream() }))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error).toMatchObject({ message: expect.stringContaining(`cannot be sent: invalid ${name.toLowerCase()} header`) })
      expect(asked).toEqual([])
      expect((await client.get('/', { headers: { te: 'trailers' } })).status).toBe(200)
    },
  )

  test('an abort of one request leaves the others alone', async () => {
    const { url, sessions } = await http2Server()
    const client = clientOf({ baseUrl: url, tls: { ca }, http2: true, poolMaxsize: 1 })
    await client.get('/')
    const controller = new AbortController()
    const reason = new Error('enough')
    const aborted = failureOf(client.get('/hangs', { signal: controller.signal }))
    const others = Array.from({ length: 5 }, () => client.get('/').json())
    controller.abort(reason)
    expect(await aborted).toBe(reason)
    expect(await Promise.all(others)).toHaveLength(5)
    expect((await client.get('/')).status).toBe(200)
    expect(sessions()).toBe(1)
  })

  test.each([false, true])('a body that its server gives up is not taken for a whole one (stream: %s)', async (stream) => {
    let giveUp = (): void => undefined
    const target = createSecureServer(server, (_request, response) => {
      giveUp = () => response.stream.destroy()
      response.writeHead(200, { 'content-length': 100 }).write('half')
    })
    const baseUrl = `https://127.0.0.1:${await listen(target)}`
    const client = clientOf({ baseUrl, tls: { ca }, http2: true })
    const onDownloadProgress = (): void => giveUp()
    const error = await failureOf(client.get('/', { stream, onDownloadProgress }).text())
    expect(error).toMatchObject({ code: 'parse', retryable: true, status: 200 })
  })

  test.each([
    ['whole', false],
    ['whole', true],
    ['half', false],
    ['half', true],
  ])('a body without a length is %s where its server says so (stream: %s)', async (what, stream) => {
    let end = (): void => undefined
    const target = createSecureServer(server)
    target.on('stream', (answer) => {
      // Waiting for trailers, Node does not end what it resets.
      answer.respond({ ':status': 200 }, { waitForTrailers: what === 'half' })
      answer.write(what)
      end = () => (what === 'half' ? answer.close(constants.NGHTTP2_CANCEL) : answer.end())
    })
    const baseUrl = `https://127.0.0.1:${await listen(target)}`
    for (const proxy of [false, `http://127.0.0.1:${(await tunnelProxy()).port}`] as const) {
      const client = clientOf({ baseUrl, tls: { ca }, http2: true, proxy })
      const text = client.get('/', { stream, onDownloadProgress: () => end() }).text()
      if (what === 'whole') expect(await text).toBe('whole')
      else expect(await failureOf(text)).toMatchObject({ code: 'parse', retryable: true, status: 200 })
    }
  })

  test.each([false, true])('a slow reader gets all that comes before trailers (with its length: %s)', async (isTold) => {
    const target = createSecureServer(server)
    const whole = Buffer.alloc(300_000, 'x')
    target.on('stream', (answer) => {
      answer.respond({ ':status': 200, ...(isTold ? { 'content-length': whole.length } : {}) }, { waitForTrailers: true })
      answer.on('wantTrailers', () => answer.sendTrailers({ 'x-checksum': '1' })).end(whole)
    })
    const baseUrl = `https://127.0.0.1:${await listen(target)}`
    const client = clientOf({ baseUrl, tls: { ca }, http2: true, poolMaxsize: 1 })
    for (let time = 0; time < 2; time++) {
      const { body } = await client.get('/', { stream: true })
      let length = 0
      for await (const chunk of body ?? []) {
        length += chunk.length
        await new Promise((resolve) => setTimeout(resolve, 20))
        if (time === 0) break
      }
      if (time > 0) expect(length).toBe(whole.length)
    }
    const failure = { message: 'no more' }
    const onDownloadProgress = ({ transferredBytes }: { readonly transferredBytes: number }): void => {
      if (transferredBytes === whole.length) throw failure
    }
    expect(await failureOf((await client.get('/', { stream: true, onDownloadProgress })).text())).toBe(failure)
    expect(await client.get('/').text()).toHaveLength(whole.length)
  })

  test('a request that is not answered times out', async () => {
    const { url, asked } = await http2Server()
    const clock = new ManualClock()
    const failure = failureOf(clientOf({ baseUrl: url, tls: { ca }, http2: true, clock, timeoutMs: 1_000 }).get('/hangs'))
    await expect.poll(() => asked).toEqual(['/hangs'])
    await clock.advance(1_000)
    expect(await failure).toMatchObject({ code: 'timeout', phase: 'headers' })
  })
})

/** A proxy that makes tunnels, for those who know the password if there is one. */
async function tunnelProxy(
  password?: string,
): Promise<{ readonly port: number; readonly asked: string[]; readonly sockets: Socket[] }> {
  const asked: string[] = []
  const sockets: Socket[] = []
  const target = createPlainServer()
  target.on('connect', (request, socket: Socket) => {
    asked.push(request.url ?? '')
    sockets.push(socket)
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const wanted = password === undefined ? undefined : `Basic ${Buffer.from(`user:${password}`).toString('base64')}`
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted) {
      return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')
    }
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      socket.pipe(upstream).pipe(socket)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
  })
  return { port: await listen(target), asked, sockets }
}

/** Until the test is over, the platform trusts the authority, as it would by NODE_EXTRA_CA_CERTS. */
function trustAuthority(): void {
  const connectPlatform = tls.connect
  const trusting = (options: tls.ConnectionOptions): TLSSocket => connectPlatform({ ...options, ca })
  const spied = vi.spyOn(tls, 'connect').mockImplementation(trusting as typeof tls.connect)
  onTestFinished(() => spied.mockRestore())
}

describe('proxy', () => {
  test('a server over TLS is reached through a tunnel, under the same terms', async () => {
    const baseUrl = await tlsServer({ ...server, ca, requestCert: true, rejectUnauthorized: true })
    const { port, asked } = await tunnelProxy('secret-of-the-proxy')
    const proxy = `http://user:secret-of-the-proxy@127.0.0.1:${port}`
    const client = clientOf({ baseUrl, tls: { ca, ...own }, proxy })
    expect(await client.get('/').json()).toEqual({ client: 'client-1' })
    expect(asked).toEqual([new URL(baseUrl).host])
    const distrustful = await failureOf(clientOf({ baseUrl, proxy }).get('/'))
    expect(distrustful).toBeInstanceOf(TlsError)
  })

  test('HTTP/2 is spoken through a tunnel, too, where the server does', async () => {
    const { url } = await http2Server()
    const proxy = `http://127.0.0.1:${(await tunnelProxy()).port}`
    const client = clientOf({ baseUrl: url, tls: { ca }, http2: true, proxy })
    expect(await client.put('/moved', { json: { a: 1 } }).json()).toMatchObject({ httpVersion: '2.0', length: 7 })
    expect(await clientOf({ baseUrl: url, tls: { ca }, proxy }).get('/').json()).toMatchObject({ httpVersion: '1.1' })
    const baseUrl = await tlsServer()
    expect((await clientOf({ baseUrl, tls: { ca }, http2: true, proxy }).get('/')).status).toBe(200)
  })

  test('a proxy that refuses is a failed connection, and its password is in no error', async () => {
    const baseUrl = await tlsServer()
    const { port } = await tunnelProxy('another')
    const client = clientOf({ baseUrl, tls: { ca }, proxy: `http://user:wrong-password@127.0.0.1:${port}` })
    const error = await failureOf(client.get('/'))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ requestSent: false })
    expect((error as Error).message).toContain('the proxy answered 407')
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('wrong-password')
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(Buffer.from('user:wrong-password').toString('base64'))
  })

  test('a proxy that is not there is a failed connection, before anything was sent', async () => {
    const { port } = await tunnelProxy()
    const gone = createPlainServer()
    const deadPort = await listen(gone)
    gone.close()
    await once(gone, 'close')
    const client = clientOf({ baseUrl: `https://127.0.0.1:${port}`, proxy: `http://127.0.0.1:${deadPort}` })
    expect(await failureOf(client.get('/'))).toMatchObject({ code: 'connection', requestSent: false })
  })

  test('plain http is asked of the proxy itself', async () => {
    const proxy = await loopback((request, response) => sendJson(response, 200, { path: request.path }))
    const client = clientOf({ baseUrl: 'http://api.example.test', proxy: proxy.origin })
    expect(await client.get('/users').json()).toEqual({ path: 'http://api.example.test/users' })
  })

  test('what is sent is told through a proxy, too', async () => {
    const proxy = await loopback((_request, response) => sendJson(response, 200, {}))
    const tunnel = `http://127.0.0.1:${(await tunnelProxy()).port}`
    const clients = [
      clientOf({ baseUrl: 'http://api.example.test', proxy: proxy.origin }),
      clientOf({ baseUrl: await tlsServer(), tls: { ca }, proxy: tunnel }),
    ]
    for (const client of clients) {
      const onUploadProgress = vi.fn()
      await client.post('/', { body: 'four', onUploadProgress })
      expect(onUploadProgress).toHaveBeenLastCalledWith({ transferredBytes: 4, totalBytes: 4 })
    }
  })

  test.each(['localhost', '127.0.0.1'])('plain http is asked of a proxy over TLS, whose certificate is for %s', async (host) => {
    const asked: unknown[] = []
    const proxy = createServer({ ...server, requestCert: true, rejectUnauthorized: false }, (request, response) => {
      asked.push([request.url, request.headers.host, (request.socket as TLSSocket).getPeerCertificate().subject?.CN])
      sendJson(response, 200, {})
    })
    const port = await listen(proxy)
    trustAuthority()
    const client = clientOf({
      baseUrl: 'http://api.example.test',
      tls: { ...own, servername: 'elsewhere.example' },
      proxy: `https://${host}:${port}`,
    })
    expect((await client.get('/users')).status).toBe(200)
    expect((await client.get('/users', { headers: { host: 'virtual.example' } })).status).toBe(200)
    expect(asked).toEqual([
      ['http://api.example.test/users', 'api.example.test', undefined],
      ['http://api.example.test/users', 'virtual.example', undefined],
    ])
  })

  test('a proxy over TLS whose certificate is for another host is not asked', async () => {
    const port = await listen(createServer(elsewhere, (_request, response) => sendJson(response, 200, {})))
    trustAuthority()
    const client = clientOf({ baseUrl: 'http://elsewhere.example', proxy: `https://localhost:${port}` })
    expect(await failureOf(client.get('/'))).toBeInstanceOf(TlsError)
  })

  test('a reset in a tunnel is no end of a body that ends with its connection', async () => {
    const { port: proxyPort, sockets } = await tunnelProxy()
    const origin = createServer(server, (_request, response) => {
      response.socket?.write('HTTP/1.1 200 OK\r\n\r\nhalf a bo')
    })
    const client = clientOf({
      baseUrl: `https://127.0.0.1:${await listen(origin)}`,
      tls: { ca },
      proxy: `http://127.0.0.1:${proxyPort}`,
    })
    const onDownloadProgress = (): void => void sockets[0]?.resetAndDestroy()
    expect(await failureOf(client.get('/', { onDownloadProgress }))).toMatchObject({ code: 'connection', status: 200 })
  })

  test('false is for none, whatever the environment says', async () => {
    const proxy = await loopback((_request, response) => sendJson(response, 200, {}))
    process.env['HTTP_PROXY'] = proxy.origin
    onTestFinished(() => void delete process.env['HTTP_PROXY'])
    const baseUrl = 'http://api.example.invalid'
    expect((await clientOf({ baseUrl }).get('/')).status).toBe(200)
    expect(await failureOf(clientOf({ baseUrl, proxy: false }).get('/'))).toBeInstanceOf(ConnectionError)
    expect(proxy.requests).toHaveLength(1)
  })
})
