import { fakeToken } from '@requestforge/testing'
import { createSentinel } from 'redis'
import { describe, expect, it } from 'vitest'
import { eventually, leaseOf, openStorage } from './fixtures/open-storage.ts'
import { primaryName, startSentinelSet } from './fixtures/redis-sentinel.ts'
import { hasRedisServer } from './fixtures/redis-server.ts'

describe.skipIf(!hasRedisServer)('RedisTokenStorage by a sentinel client', () => {
  it('goes on after a failover, with notices', { timeout: 60_000 }, async () => {
    await using set = await startSentinelSet()
    const client = await createSentinel({ name: primaryName, sentinelRootNodes: [{ host: '127.0.0.1', port: set.sentinelPort }] })
      .on('error', () => undefined)
      .connect()
    await using open = openStorage({ client, timeoutMs: 1_000 })
    const { storage } = open
    let notices = 0
    storage.coordinator.subscribe('k', () => notices++)
    let newerThan = 0
    const renew = async () => {
      const lease = leaseOf(await storage.coordinator.claim('k', { newerThan, leaseMs: 500 }))
      const result = await lease.commit(fakeToken(), {})
      if (result.committed) newerThan = result.version
      return result.committed
    }
    await eventually(() => renew().catch(() => false))
    await eventually(() => notices > 0)
    await set.primary.kill()
    await eventually(() => renew().catch(() => false), 30_000)
    const before = notices
    await eventually(async () => (await renew().catch(() => false)) && notices > before, 10_000)
    expect(open.told.slice(0, 2)).toEqual(['unavailable', 'available'])
    client.destroy()
  })
})
