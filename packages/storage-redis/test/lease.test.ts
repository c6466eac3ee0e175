import { setTimeout as sleep } from 'node:timers/promises'
import { fakeToken } from '@requestforge/testing'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leaseOf, openStorage } from './fixtures/open-storage.ts'
import { hasRedisServer, type RedisServer, startRedisServer } from './fixtures/redis-server.ts'

describe.skipIf(!hasRedisServer)('a lease', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedisServer()
  }, 30_000)
  afterAll(() => redis[Symbol.asyncDispose]())

  it('that has run out is extended as long as nobody else has taken it', async () => {
    await using open = openStorage({ url: redis.url })
    const { coordinator } = open.storage
    const request = { newerThan: 0, leaseMs: 50 }
    const lease = leaseOf(await coordinator.claim('late', request))
    await sleep(100)
    expect(await lease.extend(60_000)).toBe(true)
    expect(await coordinator.claim('late', request)).toMatchObject({ kind: 'busy' })
    const lost = leaseOf(await coordinator.claim('taken', request))
    await sleep(100)
    await coordinator.claim('taken', { newerThan: 0, leaseMs: 60_000 })
    expect(await lost.extend(60_000)).toBe(false)
  })

  it('is extended and committed even while Redis is left alone, and an extension that fails is no reason to leave it alone', async () => {
    const client = await createClient({ url: redis.url, RESP: 3 }).connect()
    const send = client.sendCommand.bind(client)
    let isAway = false
    client.sendCommand = (...args) => (isAway ? Promise.reject(new Error('Socket closed unexpectedly')) : send(...args))
    await using open = openStorage({ client })
    const lease = leaseOf(await open.storage.coordinator.claim('k', { newerThan: 0, leaseMs: 60_000 }))
    isAway = true
    await expect(lease.extend(60_000)).rejects.toThrow(/^Socket closed/)
    isAway = false
    expect(await open.storage.get('k')).toBeUndefined()
    isAway = true
    await expect(open.storage.get('k')).rejects.toThrow(/^Socket closed/)
    await expect(open.storage.get('k')).rejects.toThrow('left alone')
    await expect(lease.extend(60_000)).rejects.toThrow(/^Socket closed/)
    await expect(lease.commit(fakeToken(), {})).rejects.toThrow(/^Socket closed/)
    isAway = false
    expect(await lease.extend(60_000)).toBe(true)
    expect(await lease.commit(fakeToken(), {})).toMatchObject({ committed: true })
    client.destroy()
  })
})
