import pino from 'pino'
import { describe, expect, test, vi } from 'vitest'
import type { HttpRequest } from '../src/handler.ts'
import { HttpClient } from '../src/http-client.ts'
import type { Logger } from '../src/logger.ts'
import type { LoggingOptions } from '../src/logging.ts'
import { ManualClock } from './fixtures/manual-clock.ts'

interface Line {
  readonly level: string
  readonly message: string
  readonly fields: Record<string, unknown>
}

function listening(): { readonly logger: Logger; readonly lines: Line[] } {
  const lines: Line[] = []
  const at = (level: string) => (message: string, fields: unknown) =>
    lines.push({ level, message, fields: fields as Line['fields'] })
  return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

function clientOf(logging: LoggingOptions, ...answers: (Response | Error)[]): HttpClient {
  const transport = async (): Promise<Response> => {
    const answer = answers.shift()
    if (answer instanceof Response) return answer
    throw answer ?? new Error('no answer left')
  }
  const retryStrategy = { nextDelay: () => 0 }
  return new HttpClient({
    baseUrl: 'https://api.example.com',
    bearerToken: 'canary',
    logging,
    transport,
    retryStrategy,
    clock: new ManualClock(),
  })
}

const json = (value: unknown, init?: ResponseInit): Response => Response.json(value, init)

test('one line for each attempt: info below 400, warn from there on, error where nothing came', async () => {
  const { logger, lines } = listening()
  const client = clientOf({ logger }, json({}, { status: 503 }), new TypeError('fetch failed'), json({}))
  await client.get('/users?page=canary')
  const url = 'https://api.example.com/users?page=***'
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', `GET ${url} -> 503 in 0 ms`],
    ['error', `GET ${url} (attempt 2) -> ConnectionError in 0 ms`],
    ['info', `GET ${url} (attempt 3) -> 200 in 0 ms`],
  ])
  expect(lines[2]?.fields).toEqual({ method: 'GET', url, attempt: 3, elapsedMs: 0, status: 200 })
})

test('the line of a POST that was redirected names what was sent to the URL that answered', async () => {
  const { logger, lines } = listening()
  const url = 'https://api.example.com/orders/1'
  await clientOf({ logger }, Response.redirect(url, 303), json({})).post('/orders')
  expect(lines.map(({ message }) => message)).toEqual([`GET ${url} -> 200 in 0 ms`])
  expect(lines[0]?.fields).toMatchObject({ method: 'GET', url })
})

test('headers and bodies only where they are asked for, and without secrets', async () => {
  const { logger, lines } = listening()
  const client = clientOf(
    { logger, logHeaders: true, logBody: true, sensitiveKeys: ['x-tenant'] },
    json({ access_token: 'canary', ok: 1 }, { headers: { 'set-cookie': 'canary', etag: 'e' } }),
  )
  const headers = { 'X-Tenant': 'canary', 'x-trace': 't', authorization: 'Bearer canary' }
  await client.post('/login', { headers, json: { user: 'ada', deep: [{ password: 'canary' }] } })
  expect(JSON.stringify(lines)).not.toContain('canary')
  expect(lines[0]?.fields).toMatchObject({
    requestHeaders: { 'x-tenant': '***', 'x-trace': 't', authorization: '***' },
    requestBody: { user: 'ada', deep: [{ password: '***' }] },
    responseHeaders: { etag: 'e', 'set-cookie': '***' },
    responseBody: { access_token: '***', ok: 1 },
  })
})

test('headers that the client has as credentials are secret whoever sends them', async () => {
  const { logger, lines } = listening()
  const client = clientOf({ logger, logHeaders: true }, json({}, { headers: { 'x-team-secret': 'canary', etag: 'e' } })).extend({
    headers: { 'x-team-secret': 'canary' },
    apiKey: { key: 'canary', headerName: 'x-key' },
  })
  await client.get('/', { headers: { 'X-Team-Secret': 'canary', 'x-key': 'canary', 'x-trace': 't' } })
  expect(lines[0]?.fields).toMatchObject({
    requestHeaders: { 'x-team-secret': '***', 'x-key': '***', 'x-trace': 't' },
    responseHeaders: { 'x-team-secret': '***', etag: 'e' },
  })
})

test('what was thrown is told without queries and secrets, and however odd it is', async () => {
  const { logger, lines } = listening()
  const thrown: unknown[] = [
    new Error('see https://x.example/?sig=canary, and x-tenant: canary'),
    Object.assign(new Error('x'), { name: 'Bearer canary' }),
    'password: canary',
    { toString: () => 'canary' },
    Object.defineProperty(new Error(), 'message', { get: () => expect.unreachable() }),
  ]
  for (const error of thrown) {
    const beforeRequest = (): never => {
      throw error
    }
    const client = clientOf({ logger, sensitiveKeys: ['x-tenant'] }).extend({ hooks: [{ beforeRequest }] })
    await expect(client.get('/')).rejects.toBe(error)
  }
  expect(lines.map(({ fields }) => fields['error'])).toEqual([
    { name: 'Error', message: 'see https://x.example/?***, and x-tenant: ***' },
    { name: 'Bearer ***', message: 'x' },
    { name: 'failed', message: 'password: ***' },
    { name: 'failed', message: 'object was thrown' },
    { name: 'Error', message: 'object was thrown' },
  ])
  expect(JSON.stringify(lines)).not.toContain('canary')
})

describe('a logger that fails breaks nothing', () => {
  const broken = (fail: () => unknown): Logger => ({ debug: fail, info: fail, warn: fail, error: fail })

  test('neither by throwing', async () => {
    const logger = broken(() => {
      throw new Error('disk full')
    })
    await expect(
      clientOf({ logger }, json({ a: 1 }))
        .get('/')
        .json(),
    ).resolves.toEqual({ a: 1 })
  })

  test('nor by a promise that rejects', async () => {
    const logger = broken(() => Promise.reject(new Error('disk full')))
    await expect(
      clientOf({ logger }, json({ a: 1 }))
        .get('/')
        .json(),
    ).resolves.toEqual({ a: 1 })
  })
})

describe('a line describes what was sent', () => {
  const changing = { beforeRequest: (request: HttpRequest) => ({ ...request, ...changed, url: `${request.url}?v=2` }) }
  const changed = { method: 'PUT', headers: { 'x-a': 'new' }, body: 'new' } as const

  test.each([json({}), new Error('x')])('and not what a hook has changed: %s', async (answer) => {
    const { logger, lines } = listening()
    const client = clientOf({ logger, logHeaders: true, logBody: true }, answer).extend({ hooks: [changing] })
    await client.post('/', { json: 'old', headers: { 'x-a': 'old' }, retryStrategy: false }).catch(() => undefined)
    expect(lines[0]?.fields).toMatchObject({
      method: 'PUT',
      url: 'https://api.example.com/?v=***',
      requestHeaders: { 'x-a': 'new' },
      requestBody: 'new',
    })
    expect(lines[0]?.message).toMatch(/^PUT /)
  })

  test('and an open circuit sends nothing', async () => {
    const { logger, lines } = listening()
    const breaker = { period: 0, admit: () => 1_000, record: () => undefined }
    const client = clientOf({ logger }).extend({ retryStrategy: { nextDelay: () => undefined, breaker } })
    await expect(client.get('/')).rejects.toThrow('circuit breaker')
    expect(lines).toEqual([])
  })
})

test.each([
  ['image/png', '[4 bytes of image/png]'],
  ['application/octet-stream; a=b', '[4 bytes of application/octet-stream]'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', expect.stringMatching(/^\[4 bytes/)],
  ['text/csv', 'a: b'],
  ['application/problem+json', 'a: b'],
  ['application/xhtml+xml; charset=utf-8', 'a: b'],
  ['application/x-www-form-urlencoded', 'a: b'],
  ['application/x-ndjson', 'a: b'],
  [undefined, 'a: b'],
])('a body of the type %s is logged as text where it is text', async (type, expected) => {
  const { logger, lines } = listening()
  const answer = new Response(new TextEncoder().encode('a: b'), type === undefined ? {} : { headers: { 'content-type': type } })
  await clientOf({ logger, logBody: true }, answer).get('/')
  expect(lines[0]?.fields['responseBody']).toEqual(expected)
})

test('a pino logger is taken as it is, and writes one structured line for each attempt', async () => {
  const written: string[] = []
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => void written.push(line) })
  await clientOf({ logger: logger.child({ service: 'api' }) }, json({}, { status: 503 }), json({})).get('/users?page=canary')
  const url = 'https://api.example.com/users?page=***'
  const common = { service: 'api', method: 'GET', url, elapsedMs: 0 }
  expect(written.map((line) => JSON.parse(line))).toEqual([
    { level: 40, ...common, attempt: 1, status: 503, msg: `GET ${url} -> 503 in 0 ms` },
    { level: 30, ...common, attempt: 2, status: 200, msg: `GET ${url} (attempt 2) -> 200 in 0 ms` },
  ])
})

test('without a logger the console is used', async () => {
  const info = vi.spyOn(console, 'info').mockImplementation(() => undefined)
  await clientOf({}, json({})).get('/')
  expect(info).toHaveBeenCalledOnce()
  info.mockRestore()
})

test('sensitiveKeys must be a list that can be read again', () => {
  for (const sensitiveKeys of ['authorization', new Set(['x']).values()]) {
    // The types forbid the first.
    expect(() => clientOf({ sensitiveKeys: sensitiveKeys as Iterable<string> })).toThrow(/^logging.sensitiveKeys must be/)
  }
})
