import { setTimeout as sleep } from 'node:timers/promises'
import { fakeToken } from '@requestforge/testing'
import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'
import { eventually, leaseOf, openStorage } from './fixtures/open-storage.ts'
import { hasRedisServer, startRedisServer } from './fixtures/redis-server.ts'

const events = ['error', 'ready', 'connect', 'end', 'reconnecting'] as const

describe.skipIf(!hasRedisServer)("a storage on a user's client", () => {
  it('takes its listeners and subscriptions off at close(), and leaves the client usable', async () => {
    await using server = await startRedisServer()
    const client = await createClient({ url: server.url, RESP: 3 })
      .on('error', () => undefined)
      .connect()
    const count = () => events.map((event) => client.listenerCount(event))
    const before = count()
    const open = openStorage({ client })
    let notices = 0
    open.storage.coordinator.subscribe('k', () => notices++)
    await open.storage.set('k', fakeToken())
    await eventually(() => notices === 1)
    expect(count()).not.toEqual(before)
    await open.storage.close()
    expect(count()).toEqual(before)
    expect(await client.ping()).toBe('PONG')
    await eventually(async () => (await server.command('PUBSUB', 'CHANNELS'))?.toString() === '')
    client.destroy()
  })

  it.each([
    ['gives up', false as const],
    ['goes on trying', 20],
  ])('works where Redis has no connection to spare for its notices, and tells that once: the client %s', async (_name, next) => {
    await using server = await startRedisServer()
    const socket = { host: '127.0.0.1', port: server.port, reconnectStrategy: next === false ? next : () => next }
    const client = await createClient({ socket, RESP: 2 }).connect()
    await client.sendCommand(['CONFIG', 'SET', 'maxclients', '1'])
    const open = openStorage({ client })
    let looks = 0
    open.storage.coordinator.subscribe('k', () => {
      looks += 1
      void open.storage.get('k')
    })
    await eventually(async () => {
      await open.storage.get('k')
      return open.told.length === 2
    })
    for (let round = 0; round < 10; round++) {
      await sleep(30)
      await open.storage.get('k')
    }
    expect(open.told).toEqual(['unavailable', 'available'])
    expect(looks).toBeLessThan(3)
    await client.sendCommand(['CONFIG', 'SET', 'maxclients', '100'])
    const before = looks
    await eventually(async () => {
      await open.storage.set('k', fakeToken())
      return looks > before
    })
    await open.storage.close()
    client.destroy()
  })

  it('tells nobody when a lease is released that its holder has lost', async () => {
    await using server = await startRedisServer()
    await using open = openStorage({ url: server.url })
    const { coordinator } = open.storage
    let notices = 0
    coordinator.subscribe('k', () => notices++)
    const lease = leaseOf(await coordinator.claim('k', { newerThan: 0, leaseMs: 10_000 }))
    await eventually(async () => (await server.command('PUBSUB', 'CHANNELS'))?.toString() !== '')
    await lease.release()
    await eventually(() => notices === 1)
    await lease.release()
    await lease.release({ unspent: true })
    await open.storage.set('k', fakeToken())
    await eventually(() => notices > 1)
    expect(notices).toBe(2)
  })
})
