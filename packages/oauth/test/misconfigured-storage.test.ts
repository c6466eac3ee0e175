import { describe, expect, it } from 'vitest'
import { startFleet } from './fixtures/fleet.ts'
import { ConfigurationError, KeyedTokenManager, type TokenManager } from './fixtures/library.ts'
import { PlainStorage } from './fixtures/plain-storage.ts'
import { ScriptedProvider } from './fixtures/scripted-provider.ts'
import { rejectionOf, setUp } from './fixtures/set-up.ts'
import { SharedStore } from './fixtures/shared-store.ts'
import { VirtualClock } from './fixtures/virtual-clock.ts'

const refuse = (): Promise<never> => Promise.reject(new ConfigurationError('no permission', { option: 'client' }))

const calls = {
  getToken: (manager: TokenManager) => manager.getToken(),
  forceRefresh: (manager: TokenManager) => manager.forceRefresh(),
  replaceToken: (manager: TokenManager) => manager.replaceToken({ accessToken: 'token-1' }),
}

describe('a shared storage that turns out to be misconfigured when a rotated refresh token is to be stored', () => {
  it.each(['getToken', 'forceRefresh', 'replaceToken'] as const)(
    'is told to who waits for %s, and the session is kept until it is right again',
    async (call) => {
      const { clock, provider, store, first } = startFleet(1)
      provider.rotates = true
      await first.manager.getToken()
      provider.loseGrant()
      if (call === 'getToken') await clock.advance(3_600_000)
      first.connection.trouble = (operation) => (operation === 'commit' || operation === 'extend' ? refuse() : undefined)
      expect(await rejectionOf(calls[call](first.manager))).toMatchObject({ code: 'configuration', option: 'client' })
      expect((await first.manager.getToken()).accessToken).toBe('token-2')
      await clock.advance(60_000)
      first.connection.trouble = undefined
      await clock.advance(30_000)
      expect(store.only.token?.refreshToken).toBe('refresh-2')
      await clock.advance(3_600_000)
      expect((await first.manager.getToken()).accessToken).toBe('token-3')
      expect(provider.presented).toEqual(['refresh-1', 'refresh-2'])
    },
  )

  it('is told as one event, however often it is tried again', async () => {
    const { clock, provider, first } = startFleet(1)
    provider.rotates = true
    await first.manager.getToken()
    first.connection.trouble = (operation) => (operation === 'commit' ? refuse() : undefined)
    await rejectionOf(first.manager.forceRefresh())
    await clock.advance(300_000)
    expect(first.events.filter((name) => name === 'storage-failed')).toHaveLength(1)
    expect(first.connection.calls.filter((name) => name === 'commit').length).toBeGreaterThan(5)
  })

  it('keeps its lease for it, so that no other process sends what has been replaced', async () => {
    const { clock, provider, processes, first } = startFleet(2)
    provider.rotates = true
    for (const { manager } of processes) await manager.getToken()
    provider.loseGrant()
    await clock.advance(3_600_000)
    first.connection.trouble = (operation) => (operation === 'commit' ? refuse() : undefined)
    await rejectionOf(first.manager.getToken())
    const other = processes[1]?.manager.getToken()
    await clock.advance(2_000)
    first.connection.trouble = undefined
    await clock.advance(2_000)
    expect((await other)?.accessToken).toBe('token-2')
    expect(provider.presented).toEqual(['refresh-1'])
  })

  it('is told where the turn was taken without it, too', async () => {
    const { clock, provider, store, first } = startFleet(1)
    provider.rotates = true
    await first.manager.getToken()
    provider.loseGrant()
    await clock.advance(3_600_000)
    let isAway = true
    first.connection.trouble = () => (isAway ? Promise.reject(new Error('away')) : refuse())
    provider.delayMs = 2_000
    const told = rejectionOf(first.manager.getToken())
    await clock.advance(100)
    isAway = false
    await clock.advance(2_000)
    expect(await told).toBeInstanceOf(ConfigurationError)
    first.connection.trouble = undefined
    await clock.advance(30_000)
    expect(store.only.token?.refreshToken).toBe('refresh-2')
  })

  it('keeps the refresh part of a token that was invalidated meanwhile', async () => {
    const { clock, provider, store, first } = startFleet(1)
    provider.rotates = true
    await first.manager.getToken()
    provider.loseGrant()
    provider.canFetch = false
    provider.delayMs = 100
    first.connection.trouble = (operation) => (operation === 'commit' ? refuse() : undefined)
    const told = rejectionOf(first.manager.forceRefresh())
    await clock.advance(50)
    await first.manager.invalidateToken()
    await clock.advance(100)
    expect(await told).toBeInstanceOf(ConfigurationError)
    first.connection.trouble = undefined
    await clock.advance(30_000)
    expect(store.only.token).toMatchObject({ accessToken: 'invalidated', refreshToken: 'refresh-2' })
  })
})

describe('an invalidation that a misconfigured storage does not take', () => {
  it.each(['shared', 'plain'])('is told, and reaches a %s storage as soon as that is right again', async (kind) => {
    const clock = new VirtualClock()
    const storage = kind === 'plain' ? new PlainStorage() : new SharedStore(clock).connect()
    const { manager } = setUp({ clock, storage })
    await manager.getToken()
    storage.trouble = refuse
    expect(await rejectionOf(manager.invalidateToken())).toBeInstanceOf(ConfigurationError)
    storage.trouble = undefined
    await clock.advance(30_000)
    const [stored] = storage instanceof PlainStorage ? storage.entries.values() : [storage.store.only.token]
    expect(stored).toBeUndefined()
  })

  it.each(['shared', 'plain'])(
    'revokes the token all the same, where that was asked for, and a %s storage forgets it later',
    async (kind) => {
      const clock = new VirtualClock()
      const storage = kind === 'plain' ? new PlainStorage() : new SharedStore(clock).connect()
      const { provider, manager } = setUp({ clock, storage })
      await manager.getToken()
      storage.trouble = refuse
      expect(await rejectionOf(manager.revokeToken())).toBeInstanceOf(ConfigurationError)
      expect(provider.revoked.map((token) => token.accessToken)).toEqual(['token-1'])
      expect(manager.peekToken()).toBeUndefined()
      storage.trouble = undefined
      await clock.advance(30_000)
      const [stored] = storage instanceof PlainStorage ? storage.entries.values() : [storage.store.only.token]
      expect(stored).toBeUndefined()
    },
  )

  it('loses no rotated refresh token that has not been stored either', async () => {
    const { clock, provider, store, first } = startFleet(1)
    provider.rotates = true
    await first.manager.getToken()
    provider.loseGrant()
    provider.canFetch = false
    first.connection.trouble = (operation) => (operation === 'commit' ? refuse() : undefined)
    await rejectionOf(first.manager.forceRefresh())
    first.connection.trouble = refuse
    await rejectionOf(first.manager.invalidateToken())
    first.connection.trouble = undefined
    await clock.advance(30_000)
    expect(store.only.token).toMatchObject({ accessToken: 'invalidated', refreshToken: 'refresh-2' })
  })
})

describe('an invalidation that a process could not see because its storage was misconfigured', () => {
  it('is seen when that is right again', async () => {
    const { clock, first, start } = startFleet(1)
    const { manager, connection, events } = start()
    await first.manager.getToken()
    await manager.getToken()
    connection.trouble = refuse
    await first.manager.invalidateToken()
    await clock.advance(10_000)
    expect(events.filter((name) => name === 'storage-failed')).toHaveLength(1)
    connection.trouble = undefined
    await clock.advance(2_000)
    expect(manager.peekToken()).toBeUndefined()
  })
})

describe('a plain storage that is misconfigured for writing', () => {
  it('loses no session: it is stored as soon as that is right', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    provider.loseGrant()
    await clock.advance(3_600_000)
    storage.trouble = (operation) => (operation === 'set' ? refuse() : undefined)
    expect(await rejectionOf(manager.getToken())).toBeInstanceOf(ConfigurationError)
    expect((await manager.getToken()).accessToken).toBe('token-2')
    storage.trouble = undefined
    await clock.advance(30_000)
    expect([...storage.entries.values()].map((token) => token.refreshToken)).toEqual(['refresh-2'])
  })

  it('causes one request for a token, not one for each caller', async () => {
    const storage = new PlainStorage()
    const { provider, manager } = setUp({ storage })
    storage.trouble = (operation) => (operation === 'set' ? refuse() : undefined)
    expect(await rejectionOf(manager.getToken())).toBeInstanceOf(ConfigurationError)
    for (let call = 0; call < 5; call += 1) await manager.getToken()
    expect(provider.fetchCount).toBe(1)
  })
})

describe('a keyed manager with a storage that is misconfigured for writing', () => {
  it('holds no more than it may, and does not try for ever to store what can be fetched again', async () => {
    const clock = new VirtualClock()
    const storage = new PlainStorage()
    const provider = new ScriptedProvider(clock)
    storage.trouble = (operation) => (operation === 'set' ? refuse() : undefined)
    const manager = new KeyedTokenManager({ provider: () => provider, storage, clock, maxEntries: 3 })
    for (let subject = 0; subject < 20; subject += 1) await rejectionOf(manager.for(`tenant-${subject}`).getToken())
    expect(manager.size).toBe(3)
    const calls = storage.calls.length
    await clock.advance(600_000)
    expect(storage.calls).toHaveLength(calls)
  })
})

describe('a background renewal that meets a misconfigured storage', () => {
  it('is told as an event: nobody waits for it', async () => {
    const { clock, first } = startFleet(1)
    await first.manager.getToken()
    first.connection.trouble = refuse
    await clock.advance(3_200_000)
    const errors: unknown[] = []
    first.manager.on('storage-failed', ({ error }) => errors.push(error))
    expect((await first.manager.getToken()).accessToken).toBe('token-1')
    await clock.advance(10)
    expect(errors).toMatchObject([{ code: 'configuration' }])
  })
})
