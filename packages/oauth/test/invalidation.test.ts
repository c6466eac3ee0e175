import { describe, expect, it } from 'vitest'
import { startFleet } from './fixtures/fleet.ts'
import { AuthenticationError, ClientClosedError, ConfigurationError } from './fixtures/library.ts'
import { hang, PlainStorage } from './fixtures/plain-storage.ts'
import { rejectionOf, setUp } from './fixtures/set-up.ts'
import { type SharedConnection, SharedStore } from './fixtures/shared-store.ts'
import { VirtualClock } from './fixtures/virtual-clock.ts'

function deaf(clock: VirtualClock): SharedConnection {
  const store = new SharedStore(clock)
  store.notices = false
  return store.connect()
}

/** A session that hangs on its refresh token, and a storage that has it. */
async function startSession() {
  const storage = new PlainStorage()
  const session = setUp({ storage })
  session.provider.rotates = true
  session.provider.canFetch = false
  await session.manager.getToken()
  session.provider.loseGrant()
  return { ...session, storage }
}

describe('invalidateToken', () => {
  it('forgets the token here and in the storage', async () => {
    const storage = new PlainStorage()
    const { provider, manager, events } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    await manager.invalidateToken()
    expect(manager.peekToken()).toBeUndefined()
    expect(storage.entries.size).toBe(0)
    expect((await manager.getToken()).accessToken).toBe('token-2')
    expect([provider.fetchCount, provider.refreshCount]).toEqual([2, 0])
    expect(events).toContain('invalidated')
  })

  it('lets the callers of a running renewal have its result, and nobody else', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.delayMs = 50
    const before = manager.getToken()
    await clock.advance(10)
    await manager.invalidateToken()
    const after = manager.getToken()
    await clock.advance(200)
    expect((await before).accessToken).toBe('token-1')
    expect((await after).accessToken).toBe('token-2')
    expect((await manager.getToken()).accessToken).toBe('token-2')
    expect([...storage.entries.values()].map((token) => token.accessToken)).toEqual(['token-2'])
  })

  it('never runs two renewals at one time', async () => {
    const { clock, provider, manager } = setUp()
    let running = 0
    let most = 0
    provider.fetchToken = async () => {
      running += 1
      most = Math.max(most, running)
      await clock.sleep(50)
      running -= 1
      return { accessToken: 'x', expiresAt: clock.now() + 60_000 }
    }
    const first = manager.getToken()
    await manager.invalidateToken()
    const second = manager.getToken()
    await clock.advance(200)
    await Promise.all([first, second])
    expect(most).toBe(1)
  })

  it('keeps the refresh token where only that can renew', async () => {
    const storage = new PlainStorage()
    const { provider, manager } = setUp({ storage })
    provider.rotates = true
    provider.canFetch = false
    await manager.getToken()
    provider.loseGrant()
    await manager.invalidateToken()
    expect(manager.peekToken()).toBeUndefined()
    expect([...storage.entries.values()].map((token) => [token.accessToken, token.refreshToken])).toEqual([
      ['invalidated', 'refresh-1'],
    ])
    expect((await manager.getToken()).accessToken).toBe('token-2')
    expect(provider.presented).toEqual(['refresh-1'])
  })

  it('keeps it too where it came from a storage and nobody knows yet, and tries to fetch first', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    const { manager: restarted } = setUp({ storage, provider, clock })
    await restarted.getToken()
    provider.loseGrant()
    await restarted.invalidateToken()
    expect((await restarted.getToken()).accessToken).toBe('token-2')
    expect(provider.presented).toEqual(['refresh-1'])
  })

  it('keeps a refresh token that was rotated while it was called', async () => {
    const { clock, provider, manager } = await startSession()
    await clock.advance(3_600_000)
    provider.delayMs = 50
    const renewing = manager.getToken()
    await clock.advance(10)
    const invalidated = manager.invalidateToken()
    await clock.advance(100)
    await Promise.all([renewing, invalidated])
    const after = manager.getToken()
    await clock.advance(100)
    expect((await after).accessToken).toBe('token-3')
    expect(provider.presented).toEqual(['refresh-1', 'refresh-2'])
  })

  it.each([
    ['that is away', new Error('away')],
    ['that is misconfigured', new ConfigurationError('no permission', { option: 'storage' })],
  ])('stores a rotated refresh token that a storage %s could not take', async (_, trouble) => {
    const { storage, clock, manager } = await startSession()
    storage.trouble = (operation) => (operation === 'set' ? Promise.reject(trouble) : undefined)
    await manager.forceRefresh().catch(() => undefined)
    storage.trouble = undefined
    await manager.invalidateToken()
    await clock.advance(30_000)
    expect([...storage.entries.values()]).toMatchObject([{ accessToken: 'invalidated', refreshToken: 'refresh-2' }])
  })

  it('removes no session that a plain storage could not read, and is made as soon as it can', async () => {
    const { storage, clock, manager } = await startSession()
    const read = storage.get
    storage.get = async () => 'junk' as never
    await manager.invalidateToken()
    storage.get = read
    await clock.advance(30_000)
    expect([...storage.entries.values()]).toMatchObject([{ accessToken: 'invalidated', refreshToken: 'refresh-1' }])
    expect((await manager.getToken()).accessToken).toBe('token-2')
  })

  it('is not undone by a storage that was away', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    await manager.getToken()
    storage.trouble = (operation) => (operation === 'delete' ? Promise.reject(new Error('away')) : undefined)
    await manager.invalidateToken()
    await clock.advance(1_500)
    expect((await manager.getToken()).accessToken).toBe('token-2')
    expect(provider.fetchCount).toBe(2)
  })

  it('makes a remembered failure forgotten', async () => {
    const { provider, manager } = setUp()
    provider.fetches.push(new AuthenticationError('busy', { retryable: true, retryAfterMs: 60_000 }))
    await rejectionOf(manager.getToken())
    await manager.invalidateToken()
    expect((await manager.getToken()).accessToken).toBe('token-1')
  })
})

describe('revokeToken', () => {
  it('tells the server, then forgets all', async () => {
    const storage = new PlainStorage()
    const { provider, manager } = setUp({ storage })
    provider.rotates = true
    provider.canFetch = false
    await manager.getToken()
    await manager.revokeToken()
    expect(provider.revoked.map((token) => token.refreshToken)).toEqual(['refresh-1'])
    expect(storage.entries.size).toBe(0)
    await manager.getToken()
    expect(provider.refreshCount).toBe(0)
  })

  it.each([
    ['a plain storage', () => new PlainStorage()],
    ['a shared storage whose notices are lost', deaf],
  ])('revokes what another process has put into %s since', async (_name, connect) => {
    const clock = new VirtualClock()
    const storage = connect(clock)
    const { provider, manager } = setUp({ clock, storage })
    provider.rotates = true
    await manager.getToken()
    const { manager: other } = setUp({ clock, storage, provider })
    await other.getToken()
    await other.forceRefresh()
    await manager.revokeToken()
    expect(provider.revoked.map((token) => token.refreshToken)).toEqual(['refresh-2'])
  })

  it('revokes what this process holds where the storage has only what came before', async () => {
    const storage = new PlainStorage()
    const { provider, manager } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    storage.trouble = (operation) => (operation === 'set' ? Promise.reject(new Error('away')) : undefined)
    await manager.forceRefresh()
    await manager.revokeToken()
    expect(provider.revoked.map((token) => token.refreshToken)).toEqual(['refresh-2'])
  })

  it('forgets all even if the server cannot be told, and says so', async () => {
    const { provider, manager } = setUp()
    await manager.getToken()
    provider.revokeToken = () => Promise.reject(new AuthenticationError('no revocation today', { retryable: true }))
    expect(await rejectionOf(manager.revokeToken())).toMatchObject({ message: 'no revocation today' })
    expect(manager.peekToken()).toBeUndefined()
  })

  it('reaches other processes, refresh token included', async () => {
    const { clock, provider, processes, first } = startFleet(2)
    provider.rotates = true
    for (const { manager } of processes) await manager.getToken()
    await first.manager.revokeToken()
    await clock.advance(10)
    await processes.at(-1)?.manager.getToken()
    expect(provider.presented).toEqual([])
  })
})

describe('close', () => {
  it('ends all waits, clears all timers and drops the subscription', async () => {
    const { clock, provider, store, first } = startFleet(1)
    provider.fetches.push(hang)
    const waiting = rejectionOf(first.manager.getToken())
    await clock.advance(10)
    await first.manager.close()
    expect(await waiting).toBeInstanceOf(ClientClosedError)
    expect(clock.pendingTimers).toBe(0)
    expect([...store.listeners.values()].map((listeners) => listeners.size)).toEqual([0])
    expect(await rejectionOf(first.manager.getToken())).toBeInstanceOf(ClientClosedError)
    expect(first.manager.peekToken()).toBeUndefined()
  })

  it('still stores what a refresh on its way brings, and hands out nothing after', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.delayMs = 50
    const waiting = rejectionOf(manager.getToken())
    await clock.advance(10)
    const closed = manager.close()
    await clock.advance(50)
    await closed
    expect(await waiting).toBeInstanceOf(ClientClosedError)
    expect([...storage.entries.values()][0]?.refreshToken).toBe('refresh-2')
    expect(await rejectionOf(manager.getToken())).toBeInstanceOf(ClientClosedError)
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends the tries to store what came of a renewal that was invalidated', async () => {
    const { clock, provider, first } = startFleet(1)
    provider.rotates = true
    provider.canFetch = false
    await first.manager.getToken()
    provider.loseGrant()
    provider.delayMs = 2_000
    const renewed = first.manager.forceRefresh()
    await clock.advance(50)
    first.connection.trouble = () => Promise.reject(new Error('away'))
    await first.manager.invalidateToken()
    await clock.advance(2_000)
    await renewed
    await first.manager.close()
    await clock.advance(0)
    expect(clock.pendingTimers).toBe(0)
  })

  it('leaves no timer of a try to store that was on its way', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    storage.trouble = (operation) => (operation === 'set' ? hang() : undefined)
    const renewed = manager.forceRefresh()
    await clock.advance(500)
    await renewed
    const tries = storage.calls.length
    for (let step = 0; step < 100 && storage.calls.length === tries; step += 1) await clock.advance(100)
    await clock.advance(100)
    const closed = manager.close()
    await clock.advance(500)
    await closed
    expect(clock.pendingTimers).toBe(0)
  })

  it('is idempotent, and what `await using` calls', async () => {
    const { manager } = setUp()
    expect(manager.close()).toBe(manager.close())
    await manager[Symbol.asyncDispose]()
  })
})
