import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { ManualClock, settle } from './fixtures/manual-clock.ts'

// Those of undici, which keeps one from the first connection of the process on: hence a file of its own.
vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })

/** A port that takes connections and says nothing: a TLS handshake with it never ends. */
async function silentPort(onSocket: (socket: Socket) => void = () => undefined): Promise<string> {
  const server = createServer((socket) => onSocket(socket.resume()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a connection is waited for as long as timeoutMs says, also beyond 10 s, and without limit for 0', async () => {
  const origin = await silentPort()
  const clock = new ManualClock()
  const client = new HttpClient({ baseUrl: origin, clock })
  const ended: unknown[] = []
  const failures = [60_000, 0].map((timeoutMs) => failureOf(client.get('/', { timeoutMs })).finally(() => ended.push(timeoutMs)))
  await settle()
  for (let seconds = 0; seconds < 20; seconds++) {
    vi.advanceTimersByTime(1_000)
    await settle()
  }
  expect(ended).toEqual([])
  await clock.advance(60_000)
  expect(await failures[0]).toMatchObject({ code: 'timeout', phase: 'connect', timeoutMs: 60_000, elapsedMs: 60_000 })
  expect(ended).toEqual([60_000])
  await client.close({ graceMs: 0 })
  expect(await failures[1]).toMatchObject({ code: 'closed' })
})

test('a connection that nobody waits for any more is given up at once', async () => {
  const sockets: Socket[] = []
  const origin = await silentPort((socket) => sockets.push(socket))
  const clock = new ManualClock()
  const failure = failureOf(new HttpClient({ baseUrl: origin, clock }).get('/', { timeoutMs: 15_000 }))
  while (sockets.length === 0) await settle()
  const closed = sockets[0] && once(sockets[0], 'close')
  await clock.advance(15_000)
  expect(await failure).toMatchObject({ code: 'timeout', phase: 'connect' })
  await closed
})
