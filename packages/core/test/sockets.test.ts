import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'

interface RawServer {
  readonly port: number
  readonly sockets: Socket[]
}

/** A server that does with each socket what a test says, once something was sent on it. */
async function rawServer(answer: (socket: Socket, sent: string) => void): Promise<RawServer> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined).once('data', (sent) => answer(socket, sent.toString('latin1')))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

describe('a reset', () => {
  test.each([true, false])(
    'in the middle of a body that ends with its connection is no end of it (stream: %s)',
    async (stream) => {
      const { port, sockets } = await rawServer((socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\nhalf a bo'))
      const client = new HttpClient({ baseUrl: `http://127.0.0.1:${port}` })
      const onDownloadProgress = (): void => void sockets[0]?.resetAndDestroy()
      const error = await failureOf(client.get('/', { stream, onDownloadProgress }).text())
      expect(error).toMatchObject({ code: 'connection', status: 200, retryable: true, cause: { code: 'ECONNRESET' } })
      expect((error as Error).message).toContain('(ECONNRESET)')
    },
  )

  test('before the headers says its code as ever', async () => {
    const { port } = await rawServer((socket) => void socket.resetAndDestroy())
    const error = await failureOf(new HttpClient({ baseUrl: `http://127.0.0.1:${port}` }).get('/'))
    expect(error).toMatchObject({ code: 'connection', message: expect.stringContaining('(ECONNRESET)') })
  })

  test.each<[string, (socket: Socket) => void]>([
    ['is closed', (socket) => void socket.end()],
    ['is reset', (socket) => void socket.resetAndDestroy()],
  ])('a connection that %s in the middle of its TLS handshake may be made once more', async (_what, answer) => {
    const { port, sockets } = await rawServer(answer)
    const retryStrategy = { nextDelay: ({ retry }: { retry: number }) => (retry < 2 ? 0 : undefined) }
    const error = await failureOf(new HttpClient({ baseUrl: `https://127.0.0.1:${port}`, retryStrategy }).get('/'))
    expect(error).toMatchObject({ code: 'connection', retryable: true, requestSent: false, attempts: 3 })
    expect((error as Error).message).toContain('(ECONNRESET)')
    expect(sockets).toHaveLength(3)
  })

  test('is not needed: a body that ends with its connection is whole when that is closed', async () => {
    const { port } = await rawServer((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\na whole body'))
    expect(await new HttpClient({ baseUrl: `http://127.0.0.1:${port}` }).get('/').text()).toBe('a whole body')
  })
})

test.each([
  ['is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', { code: 'connection', message: expect.stringContaining('(HTTPParserError)') }],
  [
    'has a chunk of no size',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nsize\r\n',
    { code: 'connection', status: 200, message: expect.stringContaining('(HTTPParserError)') },
  ],
  [
    'ends in the middle of a chunk',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n10\r\nhalf',
    { code: 'parse', status: 200, retryable: true, message: expect.stringContaining('was cut off') },
  ],
])('an answer that %s says so', async (_what, answer, expected) => {
  const { port } = await rawServer((socket) => void socket.end(answer))
  expect(await failureOf(new HttpClient({ baseUrl: `http://127.0.0.1:${port}` }).get('/'))).toMatchObject(expected)
})

describe('close() ends', () => {
  test('a TLS handshake that hangs', async () => {
    const { port, sockets } = await rawServer(() => undefined)
    const client = new HttpClient({ baseUrl: `https://127.0.0.1:${port}` })
    const failure = failureOf(client.get('/'))
    await expect.poll(() => sockets.length).toBe(1)
    const closed = once(sockets[0] as Socket, 'close')
    await client.close({ graceMs: 0 })
    expect(await failure).toMatchObject({ code: 'closed' })
    await closed
  })

  test('a TLS handshake that hangs in a tunnel', async () => {
    const established = 'HTTP/1.1 200 Connection Established\r\n\r\n'
    const tunnelled: Socket[] = []
    const { port } = await rawServer((socket) => {
      socket.write(established)
      socket.once('data', () => tunnelled.push(socket))
    })
    const client = new HttpClient({ baseUrl: 'https://api.example', proxy: `http://127.0.0.1:${port}` })
    const failure = failureOf(client.get('/'))
    await expect.poll(() => tunnelled.length).toBe(1)
    const closed = once(tunnelled[0] as Socket, 'close')
    await client.close({ graceMs: 0 })
    expect(await failure).toMatchObject({ code: 'closed' })
    await closed
  })
})
