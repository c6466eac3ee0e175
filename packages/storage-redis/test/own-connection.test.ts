import { createServer, connect as dial, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { OwnConnection } from '../src/own-connection.ts'
import { openStorage } from './fixtures/open-storage.ts'
import { hasRedisServer, startRedisServer } from './fixtures/redis-server.ts'

/** As long as TLS to another region may take. */
const roundTripMs = 800

/** A way to Redis on which every connection is answered late. */
async function startLateProxy(port: number): Promise<{ readonly url: string; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer(async (near) => {
    const far = dial(port, '127.0.0.1')
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined))
    near.pipe(far)
    await sleep(roundTripMs)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port')
  const close = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { url: `redis://127.0.0.1:${address.port}`, close }
}

const watcher = { onReady: () => undefined, onTrouble: () => undefined }

describe.skipIf(!hasRedisServer)('a connection of its own', () => {
  it('may take as long to be made as a call may, where that is more than half a second', async () => {
    await using redis = await startRedisServer()
    const proxy = await startLateProxy(redis.port)
    const patient = new OwnConnection(proxy.url, watcher, 10_000)
    const hasty = new OwnConnection(proxy.url, watcher, 250)
    await expect(hasty.client()).rejects.toThrow(/a new connection within 500 ms|timeout/i)
    await expect(patient.client()).resolves.toMatchObject({ isOpen: true })
    hasty.close()
    patient.close()
    proxy.close()
  })

  it('is waited for by a storage whose timeoutMs allows it', async () => {
    await using redis = await startRedisServer()
    const proxy = await startLateProxy(redis.port)
    await using open = openStorage({ url: proxy.url, timeoutMs: 10_000 })
    await expect(open.storage.get('k')).resolves.toBeUndefined()
    expect(open.told).toEqual([])
    proxy.close()
  })
})
