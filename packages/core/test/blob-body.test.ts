import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { changedFile } from './fixtures/files.ts'
import { loopback, sendJson, serve } from './fixtures/loopback.ts'

/** A strategy that would retry everything, and what its breaker was told. */
function watchedStrategy() {
  const outcomes: string[] = []
  const breaker = { admit: () => undefined, record: (outcome: string) => void outcomes.push(outcome) }
  return { outcomes, nextDelay: () => 0, breaker }
}

/** An origin where nobody listens any more. */
async function nobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

describe.each([
  ['Node', undefined],
  ['a fetch', (url: string, init: RequestInit) => fetch(url, init)],
])('by %s a file', (_name, transport) => {
  const more = transport === undefined ? {} : { transport }

  test('that cannot be read ends its call with what was said of it, and is no failure of the service', async () => {
    const { origin } = await loopback((_request, response) => sendJson(response, 200, {}))
    const retryStrategy = watchedStrategy()
    const client = new HttpClient({ baseUrl: origin, retryStrategy, ...more })
    const error = await failureOf(client.put('/', { body: await changedFile(), timeoutMs: 2_000 }))
    expect(error).toMatchObject({ name: 'NotReadableError' })
    expect(retryStrategy.outcomes).toEqual(['ignored'])
  })

  test('is sent with its length and its type, again where that is asked for', async () => {
    const server = await loopback((_request, response, count) => sendJson(response, count === 1 ? 503 : 200, {}))
    const client = new HttpClient({ baseUrl: server.origin, retryStrategy: watchedStrategy(), ...more })
    await client.put('/', { body: new Blob(['x'.repeat(100_000)], { type: 'text/x-note' }) })
    await client.put('/', { body: new Blob([]) })
    const sent = server.requests.map(({ headers, body }) => [headers['content-length'], headers['content-type'], body.length])
    const note = ['100000', 'text/x-note', 100_000]
    expect(sent).toEqual([note, note, ['0', undefined, 0]])
  })

  test('that is long can be given up', async () => {
    const { origin } = await serve([], () => undefined)
    const client = new HttpClient({ baseUrl: origin, ...more })
    const error = await failureOf(client.put('/', { body: new Blob(['x'.repeat(20_000_000)]), timeoutMs: 100 }))
    expect(error).toMatchObject({ code: 'timeout' })
  })

  test('is no reason to blame it for a failure of the network', async () => {
    const client = new HttpClient({ baseUrl: await nobody(), ...more })
    expect(await failureOf(client.put('/', { body: new Blob(['x']) }))).toMatchObject({ code: 'connection', requestSent: false })
  })
})
