import { describe, expect, test } from 'vitest'
import { RequestTimeoutError } from '../src/errors.ts'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { changedFile, formWith } from './fixtures/files.ts'
import { loopback, sendJson } from './fixtures/loopback.ts'
import { ManualClock } from './fixtures/manual-clock.ts'
import { stuckTransport } from './fixtures/stuck-transport.ts'

/** A file whose bytes never come. */
function stuckFile(): File {
  return Object.assign(new File(['x'], 'x'), {
    arrayBuffer: () => new Promise<never>(() => undefined),
    stream: () => new ReadableStream<never>(),
  })
}

describe('a part of a form', () => {
  test('that cannot be read ends the call with what was said of it, and is not tried again', async () => {
    const { origin, requests } = await loopback((_request, response) => sendJson(response, 200, {}))
    const client = new HttpClient({ baseUrl: origin, retryStrategy: { nextDelay: () => 0 } })
    const error = await failureOf(client.put('/', { body: formWith(await changedFile()), timeoutMs: 2_000 }))
    expect(error).toMatchObject({ name: 'NotReadableError' })
    expect(requests).toHaveLength(0)
  })

  test('that never comes is waited for no longer than timeoutMs', async () => {
    const clock = new ManualClock()
    const stuck = stuckTransport()
    const form = new FormData()
    form.set('file', stuckFile())
    const client = new HttpClient({ baseUrl: 'http://api.example', transport: stuck.transport, clock })
    const failure = failureOf(client.post('/', { body: form, timeoutMs: 300 }))
    await clock.advance(300)
    expect(await failure).toBeInstanceOf(RequestTimeoutError)
    expect(stuck.sends).toBe(0)
  })

  test('keeps its name, its type and the name of its file', async () => {
    const { origin, requests } = await loopback((_request, response) => sendJson(response, 200, {}))
    const form = formWith(new Blob(['content'], { type: 'text/x-note' }))
    form.append('note', 'one')
    form.append('note', 'two')
    await new HttpClient({ baseUrl: origin }).post('/', { body: form })
    expect(requests[0]?.body).toMatch(/name="file"; filename="file.txt"\r\nContent-Type: text\/x-note\r\n\r\ncontent\r\n/)
    expect(requests[0]?.body).toMatch(/name="note"\r\n\r\none\r\n.*name="note"\r\n\r\ntwo\r\n/s)
  })
})
