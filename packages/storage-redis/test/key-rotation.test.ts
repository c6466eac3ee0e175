import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ReauthenticationRequiredError, type TokenData, TokenManager, type TokenProvider } from '@requestforge/oauth'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { eventually, leaseOf, openStorage, rejection, versionOf } from './fixtures/open-storage.ts'
import { hasRedisServer, type RedisServer, startRedisServer } from './fixtures/redis-server.ts'

/** Patient, as the storages are. */
const storageTimeoutMs = 5_000

const newKey = (): string => randomBytes(32).toString('base64')
const old = newKey()
const next = newKey()
/** A process that has not got the new key yet, and one that writes with it. */
const behind = { keys: { old }, current: 'old' }
const ahead = { keys: { old, next }, current: 'next' }

/** Numbered tokens; the first by `fetchToken`, all others by refresh tokens alone. */
function session(): TokenProvider & { count: number } {
  const mint = (provider: { count: number }): TokenData => {
    provider.count += 1
    const { count } = provider
    return { accessToken: `access-${count}`, refreshToken: `refresh-${count}`, expiresAt: Date.now() + 3_600_000 }
  }
  return {
    serviceName: 'example-api',
    identity: 'example',
    count: 0,
    async fetchToken() {
      if (this.count > 0) throw new ReauthenticationRequiredError('log in', { reason: 'no_grant' })
      return mint(this)
    },
    async refreshToken() {
      return mint(this)
    },
  }
}

describe.skipIf(!hasRedisServer)('while encryption keys are rotated', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedisServer()
  })
  afterAll(() => redis[Symbol.asyncDispose]())

  it('a process without the new key goes on with the token that it has, and no session ends', async () => {
    await using one = openStorage({ url: redis.url, encryption: behind })
    await using two = openStorage({ url: redis.url, encryption: ahead })
    const provider = session()
    await using first = new TokenManager({ provider, storage: one.storage, storageTimeoutMs })
    await using second = new TokenManager({ provider, storage: two.storage, storageTimeoutMs })
    const invalidated: object[] = []
    first.on('invalidated', (detail) => invalidated.push(detail))
    await first.getToken()
    await second.getToken()
    expect((await second.forceRefresh()).accessToken).toBe('access-2')
    await eventually(() => one.told.includes('unreadable'))
    expect((await first.getToken()).accessToken).toBe('access-1')
    const { error } = await rejection(first.forceRefresh())
    expect(error).toMatchObject({ code: 'authentication', retryable: true })
    expect((await second.forceRefresh()).accessToken).toBe('access-3')
    expect((await first.getToken()).accessToken).toBe('access-1')
    expect(invalidated).toEqual([])
  })

  it('what cannot be read is looked at once for each notice, not again and again', async () => {
    await using one = openStorage({ url: redis.url, encryption: behind, keyPrefix: 'looks' })
    await using two = openStorage({ url: redis.url, encryption: ahead, keyPrefix: 'looks' })
    const provider = session()
    const subscribe = vi.spyOn(one.storage.coordinator, 'subscribe')
    await using first = new TokenManager({ provider, storage: one.storage, storageTimeoutMs })
    await using second = new TokenManager({ provider, storage: two.storage, storageTimeoutMs })
    await first.getToken()
    await second.getToken()
    await second.forceRefresh()
    await eventually(() => one.told.includes('unreadable'))
    let notices = 0
    one.storage.coordinator.subscribe(subscribe.mock.calls[0]?.[0] ?? '', () => notices++)
    await second.forceRefresh()
    await second.forceRefresh()
    await eventually(() => notices >= 2)
    // What looks again and again has done so by then.
    await sleep(300)
    expect(one.told.length).toBeLessThan(20)
  })

  it('a lease, a refusal and a lost commit tell that something stands there', async () => {
    await using one = openStorage({ url: redis.url, encryption: behind })
    await using two = openStorage({ url: redis.url, encryption: ahead })
    const { coordinator } = one.storage
    const mine = leaseOf(await coordinator.claim('told', { newerThan: 0, leaseMs: 1 }))
    await two.storage.set('told', { accessToken: 'a' })
    expect(await mine.commit({ accessToken: 'b' }, {})).toEqual({ committed: false, stored: undefined, unreadable: true })
    const newerThan = await versionOf(two.storage, 'told')
    const theirs = leaseOf(await two.storage.coordinator.claim('told', { newerThan, leaseMs: 5_000 }))
    expect(await coordinator.claim('told', { newerThan: 0, leaseMs: 1 })).toMatchObject({ kind: 'busy', unreadable: true })
    await theirs.release()
    const lease = leaseOf(await coordinator.claim('told', { newerThan: 0, leaseMs: 5_000 }))
    expect([lease.stored, lease.unreadable]).toEqual([undefined, true])
  })
})
