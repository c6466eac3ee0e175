import { describe, expect, it } from 'vitest'
import { startFleet } from './fixtures/fleet.ts'
import { AuthenticationError, ConfigurationError, KeyedTokenManager, ReauthenticationRequiredError } from './fixtures/library.ts'
import { hang } from './fixtures/plain-storage.ts'

describe('processes on one storage', () => {
  it('fetch once for a cold start of 20 with 5 callers each', async () => {
    const { clock, provider, processes } = startFleet(20)
    provider.delayMs = 200
    const tokens = processes.flatMap(({ manager }) => Array.from({ length: 5 }, () => manager.getToken()))
    await clock.advance(201)
    expect(new Set((await Promise.all(tokens)).map((token) => token.accessToken))).toEqual(new Set(['token-1']))
    expect(provider.fetchCount).toBe(1)
  })

  it('fetch once on a cold start when every notice is lost, by polling', async () => {
    const { clock, provider, store, processes } = startFleet(20)
    store.notices = false
    provider.delayMs = 200
    const tokens = processes.map(({ manager }) => manager.getToken())
    await clock.advance(700)
    await Promise.all(tokens)
    expect(provider.fetchCount).toBe(1)
  })

  it('renew once when an API rejects the token everywhere, late rejections included', async () => {
    const { clock, provider, processes, first } = startFleet(20)
    await Promise.all(processes.map(({ manager }) => manager.getToken()))
    const rejected = await first.manager.getToken()
    provider.delayMs = 30
    const replaced = processes.flatMap(({ manager }) => [manager.replaceToken(rejected), manager.replaceToken(rejected)])
    await clock.advance(40)
    for (const token of await Promise.all(replaced)) expect(token.accessToken).toBe('token-2')
    for (const { manager } of processes) expect((await manager.replaceToken(rejected)).accessToken).toBe('token-2')
    expect(provider.fetchCount).toBe(2)
  })

  it('learn of a renewal elsewhere by its notice, without being asked', async () => {
    const { clock, first, start } = startFleet(1)
    const other = start()
    await first.manager.getToken()
    await other.manager.getToken()
    const renewed = await first.manager.forceRefresh()
    await clock.advance(1)
    expect(other.manager.peekToken()?.accessToken).toBe(renewed.accessToken)
  })

  it('learn of an invalidation elsewhere by its notice', async () => {
    const { clock, provider, processes, first } = startFleet(2)
    for (const { manager } of processes) await manager.getToken()
    await first.manager.invalidateToken()
    await clock.advance(1)
    expect(processes.at(-1)?.manager.peekToken()).toBeUndefined()
    expect((await processes.at(-1)?.manager.getToken())?.accessToken).toBe('token-2')
    expect(provider.fetchCount).toBe(2)
  })

  it.each(['get', 'claim'])('look again at a change when the storage does not answer the first look (%s)', async (operation) => {
    const { clock, first, processes } = startFleet(2)
    for (const { manager } of processes) await manager.getToken()
    first.connection.trouble = (called) => (called === operation ? Promise.reject(new Error('away')) : undefined)
    await processes[1]?.manager.invalidateToken()
    await clock.advance(10)
    first.connection.trouble = undefined
    expect(first.manager.peekToken()?.accessToken).toBe('token-1')
    await clock.advance(2_100)
    expect(first.manager.peekToken()).toBeUndefined()
  })

  it('force no renewal again and again where the storage that they must not do without is away', async () => {
    const { first } = startFleet(1, { onStorageFailure: 'error' })
    await first.manager.getToken()
    first.connection.trouble = () => Promise.reject(new Error('away'))
    const forced = await Promise.allSettled(Array.from({ length: 50 }, () => first.manager.forceRefresh()))
    expect(forced.every(({ status }) => status === 'rejected')).toBe(true)
    expect(first.events.filter((name) => name === 'renewal-started')).toHaveLength(3)
  })

  it('ask a storage that hangs with one look at a time, however many tokens they hold', async () => {
    const { clock, provider, store } = startFleet(1)
    const storage = store.connect()
    const manager = new KeyedTokenManager({ provider: () => provider, storage, clock })
    for (let index = 0; index < 50; index++) await manager.for(`user-${index}`).getToken()
    storage.trouble = hang
    store.tellAll()
    await clock.advance(1_000)
    const before = storage.calls.length
    await clock.advance(10_000)
    expect(storage.calls.length - before).toBeGreaterThan(2)
    expect(storage.calls.length - before).toBeLessThanOrEqual(20)
  })

  it('look at nothing any more once they are closed', async () => {
    const { clock, first, processes } = startFleet(2)
    for (const { manager } of processes) await manager.getToken()
    first.connection.trouble = (called) => (called === 'get' ? Promise.reject(new Error('away')) : undefined)
    await processes[1]?.manager.invalidateToken()
    await clock.advance(10)
    await first.manager.close()
    const calls = first.connection.calls.length
    await clock.advance(5_000)
    expect(first.connection.calls).toHaveLength(calls)
  })

  it('force one renewal together, even those that had no token yet', async () => {
    const { clock, provider, processes, first } = startFleet(5)
    await first.manager.getToken()
    provider.delayMs = 50
    const forced = processes.map(({ manager }) => manager.forceRefresh())
    await clock.advance(100)
    for (const token of await Promise.all(forced)) expect(token.accessToken).toBe('token-2')
    expect(provider.fetchCount).toBe(2)
  })

  it('take over within the lease when the holder dies in mid-request', async () => {
    const { clock, provider, processes, first } = startFleet(5)
    provider.fetches.push(hang)
    const dead = first.manager.getToken()
    dead.catch(() => undefined)
    await clock.advance(10)
    first.connection.trouble = hang
    const served = processes.slice(1).map(({ manager }) => manager.getToken())
    await clock.advance(1_300)
    for (const token of await Promise.all(served)) expect(token.accessToken).toBe('token-1')
    expect(provider.fetchCount).toBe(2)
  })

  it('keep the lease while a slow token endpoint takes 3 s', async () => {
    const { clock, provider, processes } = startFleet(5)
    provider.delayMs = 3_000
    const tokens = processes.map(({ manager }) => manager.getToken())
    await clock.advance(3_100)
    await Promise.all(tokens)
    expect(provider.fetchCount).toBe(1)
  })

  it('share no secret that a failure of a provider of their own names', async () => {
    const { provider, store, first } = startFleet(1)
    const oauthErrorDescription = 'refused: grant_type=x&client_secret=canary'
    provider.fetches.push(new AuthenticationError('answered 400: {"refresh_token":"canary"}', { oauthErrorDescription }))
    await expect(first.manager.getToken()).rejects.toMatchObject({ oauthErrorDescription })
    expect(store.only.failure?.failure).toMatchObject({
      message: 'answered 400: {"refresh_token":***}',
      oauthErrorDescription: 'refused: grant_type=x&client_secret=***',
    })
  })

  it('share what is wrong with what their provider gave', async () => {
    const { provider, store, first } = startFleet(1)
    provider.fetchToken = async () => ({}) as never
    await first.manager.getToken().catch(() => undefined)
    const message = 'the provider gave what is no token (accessToken must be a string (got undefined))'
    expect(store.only.failure?.failure.message).toContain(message)
  })

  it('share one failure', async () => {
    const { clock, provider, processes } = startFleet(20)
    provider.delayMs = 50
    provider.fetches.push(new AuthenticationError('unavailable', { retryable: true, requestSent: true, retryAfterMs: 7_000 }))
    const failed = processes.map(({ manager }) => manager.getToken().catch((error: unknown) => error))
    await clock.advance(100)
    for (const error of await Promise.all(failed)) {
      expect(error).toBeInstanceOf(AuthenticationError)
      expect((error as AuthenticationError).retryAfterMs).toBeGreaterThan(6_800)
    }
    expect(provider.fetchCount).toBe(1)
  })

  it('use a single-use token once for all who wait, and never cache it', async () => {
    const { clock, provider, processes, first } = startFleet(10)
    provider.delayMs = 50
    provider.lifetimeMs = -50
    const tokens = processes.flatMap(({ manager }) => [manager.getToken(), manager.getToken()])
    await clock.advance(100)
    expect(new Set((await Promise.all(tokens)).map((token) => token.accessToken))).toEqual(new Set(['token-1']))
    expect(provider.fetchCount).toBe(1)
    const next = first.manager.getToken()
    await clock.advance(100)
    expect((await next).accessToken).toBe('token-2')
    expect(first.events.filter((name) => name === 'deviation')).toHaveLength(2)
  })

  it('present a rotating refresh token once', async () => {
    const { clock, provider, processes } = startFleet(20)
    provider.rotates = true
    await Promise.all(processes.map(({ manager }) => manager.getToken()))
    provider.delayMs = 100
    await clock.advance(3_600_000)
    const tokens = processes.map(({ manager }) => manager.getToken())
    await clock.advance(200)
    await Promise.all(tokens)
    expect(provider.presented).toEqual(['refresh-1'])
  })

  it('never present a refresh token again whose holder died before it told the answer', async () => {
    const { clock, provider, processes, first } = startFleet(3)
    provider.rotates = true
    await Promise.all(processes.map(({ manager }) => manager.getToken()))
    await clock.advance(3_600_000)
    provider.refreshes.push(hang)
    first.manager.getToken().catch(() => undefined)
    await clock.advance(10)
    first.connection.trouble = hang
    const served = processes.slice(1).map(({ manager }) => manager.getToken())
    await clock.advance(1_500)
    expect((await served[0])?.accessToken).toBe('token-2')
    await Promise.all(served)
    expect(provider.presented).toEqual(['refresh-1'])
    expect(provider.fetchCount).toBe(2)
  })

  it('tell everybody when the refresh token is rejected and nothing else can mint, and present it once', async () => {
    const { clock, provider, processes, store } = startFleet(5)
    provider.rotates = true
    await Promise.all(processes.map(({ manager }) => manager.getToken()))
    await clock.advance(3_600_000)
    provider.loseGrant()
    provider.refreshes.push(new AuthenticationError('no', { oauthError: 'invalid_grant', requestSent: true }))
    const failed = processes.map(({ manager }) => manager.getToken().catch((error: unknown) => error))
    await clock.advance(2_000)
    for (const error of await Promise.all(failed)) expect(error).toBeInstanceOf(ReauthenticationRequiredError)
    expect(provider.presented).toEqual(['refresh-1'])
    expect(store.only.token).toBeUndefined()
  })

  it('adopt a commit that came first', async () => {
    const { clock, provider, store, first } = startFleet(2)
    provider.fetches.push(async () => {
      const record = store.only
      Object.assign(record, {
        version: record.version + 3,
        token: { accessToken: 'faster', expiresAt: clock.now() + 3_600_000, issuedAt: clock.now() },
      })
      return { accessToken: 'slower', expiresAt: clock.now() + 3_600_000 }
    })
    expect((await first.manager.getToken()).accessToken).toBe('faster')
  })
})

describe('a shared storage in trouble', () => {
  it('costs its deadline once, and one event for the outage', async () => {
    const { clock, provider, first } = startFleet(1)
    const { manager, connection, events } = first
    connection.trouble = hang
    const token = manager.getToken()
    await clock.advance(500)
    expect((await token).accessToken).toBe('token-1')
    await manager.forceRefresh()
    expect(provider.fetchCount).toBe(2)
    expect(events.filter((name) => name === 'storage-failed')).toHaveLength(1)
  })

  it('gets the token of one process when it is back, and the others adopt it', async () => {
    const { clock, provider, processes, store } = startFleet(3)
    for (const { connection } of processes) {
      connection.trouble = () => Promise.reject(new Error('away'))
    }
    await Promise.all(processes.map(({ manager }) => manager.getToken()))
    expect(provider.fetchCount).toBe(3)
    for (const { connection } of processes) connection.trouble = undefined
    await clock.advance(30_000)
    const tokens = await Promise.all(processes.map(({ manager }) => manager.getToken()))
    expect(new Set(tokens.map((token) => token.accessToken)).size).toBe(1)
    expect(store.only.token?.accessToken).toBe(tokens[0]?.accessToken)
    expect(provider.fetchCount).toBe(3)
  })

  it('does not lose a rotated refresh token whose commit failed', async () => {
    const { clock, provider, store, first } = startFleet(1)
    const { manager, connection } = first
    provider.rotates = true
    await manager.getToken()
    connection.trouble = (operation) => (operation === 'commit' ? Promise.reject(new Error('full')) : undefined)
    expect((await manager.forceRefresh()).accessToken).toBe('token-2')
    expect(store.only.token?.refreshToken).toBe('refresh-1')
    await clock.advance(1_500)
    expect((await manager.forceRefresh()).accessToken).toBe('token-3')
    expect(provider.presented).toEqual(['refresh-1', 'refresh-2'])
    connection.trouble = undefined
    await clock.advance(30_000)
    expect(store.only.token?.refreshToken).toBe('refresh-3')
  })

  it('gets a rotated refresh token at the first sign of its return, not when the next try is due', async () => {
    const { clock, provider, store, first } = startFleet(1)
    provider.rotates = true
    await first.manager.getToken()
    first.connection.trouble = (operation) => (operation === 'commit' ? Promise.reject(new Error('away')) : undefined)
    await first.manager.forceRefresh()
    await clock.advance(60_000)
    first.connection.trouble = undefined
    store.tellAll()
    // Left alone for a second at most after its last failure, and the first pause of a new row of tries.
    await clock.advance(1_250)
    expect(store.only.token?.refreshToken).toBe('refresh-2')
  })

  it.each(['forceRefresh', 'invalidateToken'] as const)(
    'casts no doubt on a refresh token that it could not take: the mark is about the one before (%s)',
    async (call) => {
      const { clock, provider, store, first } = startFleet(1, { onInDoubt: 'error' })
      provider.rotates = true
      await first.manager.getToken()
      provider.loseGrant()
      provider.canFetch = false
      let isAway = true
      first.connection.trouble = (operation) => (isAway && operation === 'commit' ? Promise.reject(new Error('away')) : undefined)
      await first.manager.forceRefresh()
      // The lease has ended, and the next try comes later.
      await clock.advance(6_000)
      isAway = false
      if (call === 'invalidateToken') await first.manager.invalidateToken()
      const token = call === 'forceRefresh' ? first.manager.forceRefresh() : first.manager.getToken()
      expect((await token).accessToken).toBe('token-3')
      expect(provider.presented).toEqual(['refresh-1', 'refresh-2'])
      expect(store.only.token?.refreshToken).toBe('refresh-3')
    },
  )

  it('gets a rotated refresh token at close(), although it failed just now', async () => {
    const { provider, store, first } = startFleet(1)
    provider.rotates = true
    await first.manager.getToken()
    first.connection.trouble = () => Promise.reject(new Error('away'))
    await first.manager.forceRefresh()
    first.connection.trouble = undefined
    await first.manager.close()
    expect(store.only.token?.refreshToken).toBe('refresh-2')
  })

  it('is told to the caller when it is misconfigured', async () => {
    const { first } = startFleet(1)
    first.connection.trouble = () => Promise.reject(new ConfigurationError('wrong password', { option: 'url' }))
    await expect(first.manager.getToken()).rejects.toThrow(ConfigurationError)
  })

  it('that hands out junk is a miss and an event', async () => {
    const { provider, store, first } = startFleet(1)
    const { manager, events, connection } = first
    connection.trouble = () => {
      for (const record of store.records.values())
        if (record.version < 5) Object.assign(record, { version: 5, token: { accessToken: 7 } })
    }
    expect((await manager.getToken()).accessToken).toBe('token-1')
    await manager.forceRefresh()
    expect(provider.fetchCount).toBe(2)
    expect(events).toContain('storage-failed')
  })

  it('that was flushed keeps nobody from the session in memory', async () => {
    const { clock, provider, processes, store } = startFleet(3)
    provider.rotates = true
    await Promise.all(processes.map(({ manager }) => manager.getToken()))
    store.records.clear()
    store.tellAll()
    await clock.advance(3_600_000)
    const tokens = processes.map(({ manager }) => manager.getToken())
    await clock.advance(100)
    expect(new Set((await Promise.all(tokens)).map((token) => token.accessToken)).size).toBe(1)
    expect(provider.presented.length + provider.fetchCount).toBe(2)
  })
})
