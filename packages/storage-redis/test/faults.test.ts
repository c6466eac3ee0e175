import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim, ClaimRequest } from '@requestforge/oauth'
import { fakeToken } from '@requestforge/testing'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RedisTokenStorage, RedisTokenStorageOptions } from '../src/index.ts'
import { eventually, leaseOf, type OpenStorage, openStorage, rejection, versionOf } from './fixtures/open-storage.ts'
import { freePort, hasRedisServer, type RedisServer, startRedisServer } from './fixtures/redis-server.ts'

/** Nobody listens there. */
const nowhere = 'redis://127.0.0.1:1'

/** For calls that must time out, or wait for a client of the user's, which waits for as long as it may. */
const openInTime = (options: RedisTokenStorageOptions): OpenStorage => openStorage({ timeoutMs: 1_000, ...options })

/** A call may take its second, and what a busy machine adds; without an end of its own it would take longer. */
const atMostMs = 4_000

/** As the holder does right before he sends his refresh token. Whoever was too slow for his lease takes it again. */
async function markSpent({ coordinator }: RedisTokenStorage, key: string, request: ClaimRequest): Promise<void> {
  await eventually(async () => {
    const claim = await coordinator.claim(key, request)
    return claim.kind === 'leased' && claim.lease.markSpent()
  })
}

/**
 * What a newcomer, who learns it from Redis itself, and one who was there are told when Redis is back. After 3 s nobody is kept waiting any more:
 * a machine that was too slow to ask before lets Redis come back once more.
 */
async function claimsAtReturn(server: RedisServer, open: OpenStorage, newerThan: number): Promise<readonly Claim[]> {
  for (let round = 0; ; round++) {
    await server.kill()
    await eventually(() => open.told.at(-1) === 'unavailable')
    // The uptime is told in whole seconds, which may be one too many: it is rounded up. And no lease lasts any more.
    await sleep(2_100)
    const startedAt = performance.now()
    await server.start()
    await using newcomer = openStorage({ url: server.url })
    const request = { newerThan, leaseMs: 1_000 }
    const first = await newcomer.storage.coordinator.claim('k', request)
    await eventually(() => open.told.at(-1) === 'available')
    const claims = [first, await open.storage.coordinator.claim('k', request)]
    const isLate = performance.now() - startedAt > 3_000
    if (!isLate || round === 4 || claims.every(({ kind }) => kind === 'busy')) return claims
  }
}

describe('without a Redis', () => {
  it('calls fail in time, Redis is then left alone for a second, and that is told once', async () => {
    await using open = openStorage({ url: nowhere })
    const first = await rejection(open.storage.get('k'))
    expect(first.error.message).toMatch(/ECONNREFUSED/)
    expect(first.afterMs).toBeLessThan(atMostMs)
    const next = await Promise.all([1, 2, 3].map(() => rejection(open.storage.set('k', fakeToken()))))
    for (const { error } of next) expect(error.message).toMatch(/left alone/)
    expect(open.told).toEqual(['unavailable'])
  })

  it('a connection that is never answered hangs nobody, not even close()', async () => {
    const server = createServer(() => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const open = openInTime({ url: `redis://127.0.0.1:${port}` })
    const { error, afterMs } = await rejection(open.storage.get('k'))
    expect(error.message).toMatch(/did not answer/)
    expect(afterMs).toBeLessThan(atMostMs)
    await open.storage.close()
    server.close()
  })

  it("a user's connect() that never settles hangs nobody", async () => {
    const client = createClient({ url: nowhere })
    await using open = openInTime({ client })
    const connecting = client.connect().catch(() => undefined)
    const { error, afterMs } = await rejection(open.storage.get('k'))
    expect(error.message).toMatch(/did not answer/)
    expect(afterMs).toBeLessThan(atMostMs)
    client.destroy()
    await connecting
  })

  it('a client that is not connected, or closed, is a miss that says so', async () => {
    await using open = openInTime({ client: createClient() })
    expect((await rejection(open.storage.get('k'))).error.message).toMatch(/not connected/)
    expect(open.told).toEqual(['unavailable'])
  })
})

describe.skipIf(!hasRedisServer)('with a Redis that', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedisServer()
  })
  afterAll(() => redis[Symbol.asyncDispose]())

  it('is killed and comes back: calls fail in time, then work, and listeners look again', async () => {
    await using server = await startRedisServer()
    await using open = openStorage({ url: server.url })
    let notices = 0
    open.storage.coordinator.subscribe('k', () => notices++)
    await open.storage.set('k', fakeToken())
    await eventually(() => notices > 0)
    await server.kill()
    await eventually(() => open.told.includes('unavailable'))
    expect((await rejection(open.storage.get('k'))).afterMs).toBeLessThan(atMostMs)
    const before = notices
    await server.start()
    await eventually(() => open.told.includes('available'))
    await eventually(() => notices > before)
    expect(await open.storage.get('k')).toBeUndefined()
    expect(open.told).toEqual(['unavailable', 'available'])
  })

  it('is back while the answer to a refresh token is outstanding: its holder may bring it before another sends it once more', {
    timeout: 60_000,
  }, async () => {
    await using server = await startRedisServer({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    await using open = openStorage({ url: server.url })
    const { coordinator } = open.storage
    await open.storage.set('k', fakeToken())
    const newerThan = await versionOf(open.storage, 'k')
    await markSpent(open.storage, 'k', { newerThan, leaseMs: 500 })
    for (const claim of await claimsAtReturn(server, open, newerThan)) {
      if (claim.kind !== 'busy') throw new Error(`the claim gave ${claim.kind}`)
      expect(claim.retryInMs).toBeGreaterThan(0)
      expect(claim.retryInMs).toBeLessThanOrEqual(4_000)
    }
    await using newcomer = openStorage({ url: server.url })
    const home = await coordinator.claim('k', { newerThan, leaseMs: 1_000, sendsNothing: true })
    expect(await leaseOf(home).commit(fakeToken(), {})).toEqual({ committed: true, version: newerThan + 1 })
    expect((await newcomer.storage.coordinator.claim('k', { newerThan, leaseMs: 1 })).kind).toBe('stored')
  })

  it('was away for a moment: who has lost the connection to it knows, whatever the uptime says', async () => {
    await using server = await startRedisServer({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    await using open = openStorage({ url: server.url })
    const { coordinator } = open.storage
    await open.storage.set('k', fakeToken())
    const newerThan = await versionOf(open.storage, 'k')
    const leaseMs = 300
    await markSpent(open.storage, 'k', { newerThan, leaseMs })
    await server.kill()
    await eventually(() => open.told.includes('unavailable'))
    await server.start()
    await eventually(() => open.told.includes('available'))
    await eventually(async () => {
      const claim = await coordinator.claim('k', { newerThan, leaseMs: 1 })
      expect(claim.kind).toBe('busy')
      return claim.kind === 'busy' && claim.retryInMs > leaseMs
    })
  })

  it.each(['hung', 'was without memory'])('%s for a moment: who was told so knows, though the connection stood', async (what) => {
    await using server = await startRedisServer()
    const client = await createClient({ url: server.url }).connect()
    await using open = openStorage({ client, timeoutMs: 500 })
    const { coordinator } = open.storage
    await open.storage.set('k', fakeToken())
    const newerThan = await versionOf(open.storage, 'k')
    const leaseMs = 300
    await markSpent(open.storage, 'k', { newerThan, leaseMs })
    const isShort = what !== 'hung'
    if (isShort) await server.command('CONFIG', 'SET', 'maxmemory', '1')
    else server.freeze()
    await rejection(open.storage.set('other', fakeToken()))
    await sleep(leaseMs)
    if (isShort) await server.command('CONFIG', 'SET', 'maxmemory', '0')
    else server.thaw()
    await eventually(async () => {
      // Left alone for a second.
      const claim = await coordinator.claim('k', { newerThan, leaseMs: 1 }).catch(() => undefined)
      if (claim !== undefined) expect(claim.kind).toBe('busy')
      return claim?.kind === 'busy' && claim.retryInMs > leaseMs
    })
    const again = await coordinator.claim('k', { newerThan, leaseMs: 1 })
    expect(again.kind).toBe('busy')
    client.destroy()
  })

  it('was there all the time: who finds the spend mark of one who died waits for nothing', async () => {
    await using open = openStorage({ url: redis.url })
    const { coordinator } = open.storage
    await open.storage.set('died', fakeToken())
    const newerThan = await versionOf(open.storage, 'died')
    await markSpent(open.storage, 'died', { newerThan, leaseMs: 300 })
    // Less than the 4 s that a holder gets who may come back.
    await eventually(async () => (await coordinator.claim('died', { newerThan, leaseMs: 1 })).kind === 'leased', 3_500)
  })

  it("is killed and comes back under a user's client", async () => {
    await using server = await startRedisServer()
    const client = await createClient({ url: server.url }).connect()
    await using open = openInTime({ client })
    let notices = 0
    open.storage.coordinator.subscribe('k', () => notices++)
    await open.storage.set('k', fakeToken())
    await server.kill()
    await rejection(open.storage.get('k'))
    const before = notices
    await server.start()
    await eventually(() => open.told.includes('available') && notices > before)
    await open.storage.set('k', fakeToken())
    client.destroy()
  })

  it.each(['url', 'client'])('hangs: every call ends in time, and it works again when it does (by %s)', async (way) => {
    await using server = await startRedisServer()
    const client = await createClient({ url: server.url })
      .on('error', () => undefined)
      .connect()
    await using open = openInTime(way === 'url' ? { url: server.url } : { client })
    const { storage } = open
    const token = fakeToken()
    await storage.set('k', token)
    const lease = leaseOf(await storage.coordinator.claim('l', { newerThan: 0, leaseMs: 10_000 }))
    server.freeze()
    const calls = [storage.get('k'), storage.set('k', token), lease.extend(9), lease.markSpent(), lease.commit(token, {})]
    for (const { error, afterMs } of await Promise.all(calls.map(rejection))) {
      expect(error.message).toMatch(/did not answer/)
      expect(afterMs).toBeLessThan(atMostMs)
    }
    expect(open.told).toEqual(['unavailable'])
    server.thaw()
    await eventually(async () =>
      storage.get('k').then(
        (stored) => stored?.accessToken === token.accessToken,
        () => false,
      ),
    )
    expect(open.told).toEqual(['unavailable', 'available'])
    client.destroy()
  })

  it('answers a claim too late: the lease is given back, so that others need not wait for its end', async () => {
    await using server = await startRedisServer()
    await using open = openInTime({ url: server.url })
    await using other = openInTime({ url: server.url })
    await Promise.all([open.storage.get('k'), other.storage.get('k')])
    server.freeze()
    await rejection(open.storage.coordinator.claim('k', { newerThan: 0, leaseMs: 60_000 }))
    server.thaw()
    const isFree = async () => (await other.storage.coordinator.claim('k', { newerThan: 0, leaseMs: 100 })).kind === 'leased'
    await eventually(() => isFree().catch(() => false))
  })

  it.each(['url', 'client'])('is away when something is to be written: it is not written later (by %s)', async (way) => {
    await using server = await startRedisServer()
    const client = await createClient({ url: server.url })
      .on('error', () => undefined)
      .connect()
    await using open = openInTime(way === 'url' ? { url: server.url } : { client })
    await open.storage.get('k')
    await server.kill()
    await rejection(open.storage.set('k', fakeToken()))
    await server.start()
    await eventually(() => open.told.includes('available'))
    expect(await open.storage.get('k')).toBeUndefined()
    client.destroy()
  })

  it('loses its scripts: they are sent again', async () => {
    await using open = openStorage({ url: redis.url })
    await open.storage.set('scripts', fakeToken())
    await redis.command('SCRIPT', 'FLUSH')
    expect(await open.storage.get('scripts')).toBeDefined()
    expect(open.told).toEqual([])
  })

  it('is flushed: what a holder commits stands, above all versions that it has seen', async () => {
    await using server = await startRedisServer()
    await using open = openStorage({ url: server.url })
    const { coordinator } = open.storage
    const version = 2 ** 50
    const lease = leaseOf(await coordinator.claim('k', { newerThan: version, leaseMs: 1_000 }))
    await server.flush()
    expect(await lease.commit(fakeToken(), {})).toEqual({ committed: true, version: version + 1 })
  })

  it('is flushed: what anybody writes then is above all that was written before', async () => {
    await using server = await startRedisServer()
    await using open = openStorage({ url: server.url })
    const { coordinator } = open.storage
    for (let round = 0; round < 5; round++) await open.storage.set('k', fakeToken())
    const before = await versionOf(open.storage, 'k')
    await server.flush()
    await leaseOf(await coordinator.claim('k', { newerThan: 0, leaseMs: 1_000 })).commit(fakeToken(), {})
    expect(await versionOf(open.storage, 'k')).toBeGreaterThan(before)
  })

  it('has failed over to an older copy: the newer commit stands', async () => {
    await using open = openStorage({ url: redis.url })
    const { coordinator } = open.storage
    await open.storage.set('older', fakeToken())
    const older = await versionOf(open.storage, 'older')
    await open.storage.set('older', fakeToken())
    const lease = leaseOf(await coordinator.claim('older', { newerThan: older + 1, leaseMs: 1_000 }))
    await redis.command('HSET', 'requestforge:{older}', 'v', String(older))
    expect(await lease.commit(fakeToken(), {})).toEqual({ committed: true, version: older + 2 })
  })

  it('is read-only: reading goes on, writing fails at once and is told once', async () => {
    await using replica = await startRedisServer({ args: ['--replicaof', '127.0.0.1', String(redis.port)] })
    await using open = openStorage({ url: replica.url })
    for (let round = 0; round < 3; round++) {
      expect((await rejection(open.storage.set('k', fakeToken()))).error.message).toMatch(/READONLY/)
      expect(await open.storage.get('k')).toBeUndefined()
    }
    expect(open.told).toEqual(['unavailable'])
  })

  it('is out of memory: the same, until there is some again', async () => {
    await using full = await startRedisServer({ args: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'] })
    await using open = openStorage({ url: full.url })
    const claim = () => open.storage.coordinator.claim('k', { newerThan: 0, leaseMs: 1_000 })
    for (let round = 0; round < 3; round++) {
      expect((await rejection(claim())).error.message).toMatch(/OOM/)
      expect(await open.storage.get('k')).toBeUndefined()
    }
    expect(open.told).toEqual(['unavailable'])
    await full.command('CONFIG', 'SET', 'maxmemory', '0')
    expect((await leaseOf(await claim()).commit(fakeToken(), {})).committed).toBe(true)
    expect(open.told).toEqual(['unavailable', 'available'])
  })

  it('holds something else under the key: a miss and an event, and then the token', async () => {
    await using open = openStorage({ url: redis.url })
    await redis.command('SET', 'requestforge:{foreign}', 'x')
    expect(await open.storage.get('foreign')).toBeUndefined()
    expect(await redis.command('GET', 'requestforge:{foreign}')).toBe('x')
    await leaseOf(await open.storage.coordinator.claim('foreign', { newerThan: 0, leaseMs: 1_000 })).commit(fakeToken(), {})
    expect(await open.storage.get('foreign')).toBeDefined()
    expect(open.told).toEqual(['unreadable', 'unreadable'])
  })

  it('loses the subscription: it is made again, and listeners look', async () => {
    await using open = openStorage({ url: redis.url })
    let notices = 0
    open.storage.coordinator.subscribe('lost', () => notices++)
    await open.storage.set('lost', fakeToken())
    await eventually(() => notices > 0)
    const before = notices
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await eventually(() => notices > before)
    const after = notices
    await open.storage.set('lost', fakeToken())
    await eventually(() => notices > after)
  })

  it('is away when somebody subscribes: the subscription is made when it is there', async () => {
    const port = await freePort()
    await using open = openStorage({ url: `redis://127.0.0.1:${port}` })
    let notices = 0
    open.storage.coordinator.subscribe('later', () => notices++)
    await rejection(open.storage.get('later'))
    await using server = await startRedisServer({ port })
    await eventually(() => notices > 0)
    const before = notices
    await using other = openStorage({ url: server.url })
    await other.storage.set('later', fakeToken())
    await eventually(() => notices > before)
  })

  it("has a clock of its own: a writer's wrong clock makes no token look good for longer", async () => {
    await using open = openStorage({ url: redis.url })
    const trueNow = Date.now
    const token = { accessToken: 'a', expiresAt: trueNow() + 90_000 + 60_000 }
    try {
      Date.now = () => trueNow() + 90_000
      await open.storage.set('skewed', token)
    } finally {
      Date.now = trueNow
    }
    await sleep(50)
    const leftMs = ((await open.storage.get('skewed'))?.expiresAt ?? 0) - Date.now()
    expect(leftMs).toBeGreaterThan(30_000)
    expect(leftMs).toBeLessThanOrEqual(60_000)
  })
})

describe.skipIf(!hasRedisServer)('close()', () => {
  it("leaves a user's client open, and takes its listeners off", async () => {
    await using server = await startRedisServer()
    const client = await createClient({ url: server.url }).connect()
    const open = openStorage({ client })
    open.storage.coordinator.subscribe('k', () => undefined)
    await open.storage.set('k', fakeToken())
    expect(client.listenerCount('error')).toBe(1)
    await open.storage.close()
    await open.storage.close()
    expect(client.isOpen).toBe(true)
    expect(['error', 'ready', 'end'].map((event) => client.listenerCount(event))).toEqual([0, 0, 0])
    expect((await rejection(open.storage.get('k'))).error.message).toMatch(/closed/)
    await eventually(async () => Number(String(await server.command('PUBSUB', 'CHANNELS')).length) === 0)
    client.destroy()
  })

  it('waits for calls that are under way', async () => {
    await using server = await startRedisServer()
    const open = openStorage({ url: server.url })
    const token = fakeToken()
    const setting = open.storage.set('k', token)
    await open.storage.close()
    await setting
    await using other = openStorage({ url: server.url })
    expect((await other.storage.get('k'))?.accessToken).toBe(token.accessToken)
  })
})
