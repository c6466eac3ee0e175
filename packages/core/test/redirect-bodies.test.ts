import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { type Loopback, sendJson, serve } from './fixtures/loopback.ts'

type Answer = (response: ServerResponse, location: Record<string, string>) => void

/** Answers `/from…` so, with the query as its status; everything else with 200. */
async function redirector(answer: Answer, location: Record<string, string> = { location: '/to' }): Promise<Loopback> {
  return serve([], ({ url = '' }, response) => {
    response.statusCode = Number(url.split('?')[1] ?? 302)
    if (url.startsWith('/from')) answer(response, location)
    else sendJson(response, 200, { path: url })
  })
}

const unusable: readonly [string, Answer][] = [
  [
    'is called gzip and is not',
    (response, to) => response.writeHead(response.statusCode, { ...to, 'content-encoding': 'gzip' }).end('no'),
  ],
  [
    'is called br and is not',
    (response, to) => response.writeHead(response.statusCode, { ...to, 'content-encoding': 'br' }).end('no'),
  ],
  ['is larger than maxResponseBytes', (response, to) => response.writeHead(response.statusCode, to).end('x'.repeat(2_000))],
  [
    'is cut',
    (response, to) =>
      response.writeHead(response.statusCode, { ...to, 'content-length': '100' }).write('half', () => response.socket?.end()),
  ],
  [
    'is reset',
    (response, to) => {
      response.writeHead(response.statusCode, { ...to, 'content-length': '100' }).write('half')
      setTimeout(() => response.socket?.resetAndDestroy(), 20)
    },
  ],
  ['never comes', (response, to) => response.writeHead(response.statusCode, { ...to, 'content-length': '100' }).write('half')],
  ['never ends', (response, to) => response.writeHead(response.statusCode, to).write('half')],
]

const transports: readonly [string, typeof fetch | undefined][] = [
  ["Node's own", undefined],
  ['a fetch', fetch],
]

describe.each(transports)('over %s', (_name, transport) => {
  test.each(unusable)('a redirect whose body %s is followed', async (_what, answer) => {
    const { origin } = await redirector(answer)
    const client = new HttpClient({ baseUrl: origin, transport, timeoutMs: 10_000, maxResponseBytes: 1_000 })
    for (const status of [301, 302, 303, 307, 308]) {
      const response = await client.get(`/from?${status}`)
      expect(response).toMatchObject({ status: 200, url: `${origin}/to` })
    }
    expect((await client.post('/from', { json: {} })).url).toBe(`${origin}/to`)
  })

  const delivered: readonly [string, string, boolean, Record<string, string>][] = [
    ['that is not followed', '/from?302', false, { location: '/to' }],
    ['without a location', '/from?302', true, {}],
    ['that leads nowhere', '/from?302', true, { location: 'mailto:a@b' }],
    ['of 300', '/from?300', true, { location: '/to' }],
  ]

  test.each(delivered)('the body of a redirect %s is that of any answer', async (_what, path, follow, location) => {
    const { origin } = await redirector(
      (response, to) => void response.writeHead(response.statusCode, to).end('x'.repeat(2_000)),
      location,
    )
    const client = new HttpClient({ baseUrl: origin, transport, redirects: { follow } })
    expect(await client.get(path).text()).toBe('x'.repeat(2_000))
    expect(await failureOf(client.get(path, { maxResponseBytes: 1_000 }))).toMatchObject({ code: 'parse' })
  })
})

test('redirects with a small body, whatever it is called, leave their connection for the next request', async () => {
  const { origin, socketCount } = await redirector((response, to) =>
    response.writeHead(response.statusCode, { ...to, 'content-encoding': 'gzip' }).end('x'.repeat(10_000)),
  )
  const client = new HttpClient({ baseUrl: origin, maxResponseBytes: 1_000 })
  for (let count = 0; count < 5; count++) expect((await client.get('/from')).url).toBe(`${origin}/to`)
  // undici lets a socket rest for one turn of the event loop, so a second one may be opened.
  expect(socketCount()).toBeLessThanOrEqual(2)
})

test('a redirect of a HEAD is followed', async () => {
  const { origin } = await redirector((response, to) =>
    response.writeHead(response.statusCode, { ...to, 'content-length': '100' }).end(),
  )
  expect(await new HttpClient({ baseUrl: origin }).head('/from')).toMatchObject({ status: 200, url: `${origin}/to` })
})
