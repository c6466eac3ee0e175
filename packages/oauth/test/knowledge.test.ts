import { describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from './fixtures/fleet.ts'
import type { TokenManagerOptions } from './fixtures/library.ts'
import { PlainStorage } from './fixtures/plain-storage.ts'
import { lost, oauthFailure, rejectionOf, setUp, unavailable } from './fixtures/set-up.ts'

/** A process with a session: nothing but its refresh token renews, and each of those is good once. */
async function startSession(options: Partial<TokenManagerOptions> = {}): Promise<Fleet> {
  const fleet = startFleet(1, options)
  fleet.provider.rotates = true
  fleet.provider.canFetch = false
  await fleet.first.manager.getToken()
  fleet.provider.loseGrant()
  return fleet
}

// What a manager has once known it goes on knowing, whatever an older copy says. Each of these was first found by the simulation.
describe('a manager knows', () => {
  it('a whole chain of refresh tokens that it redeemed while the storage was away', async () => {
    const { clock, provider, store, first, start } = await startSession()
    const other = start()
    await other.manager.getToken()
    store.notices = false
    first.connection.trouble = (operation) =>
      operation === 'commit' || operation === 'claim' ? Promise.reject(new Error()) : undefined
    // What stands there is newer than the version that the first process knows, and yet older than its refresh token.
    await other.manager.invalidateToken()
    for (let hour = 0; hour < 3; hour += 1) {
      await clock.advance(3_600_000)
      await first.manager.getToken()
    }
    first.connection.trouble = undefined
    await clock.advance(60_000)
    expect(store.only.token?.refreshToken).toBe('refresh-4')
    await clock.advance(3_600_000)
    await first.manager.getToken()
    expect(provider.presented).toEqual(['refresh-1', 'refresh-2', 'refresh-3', 'refresh-4'])
  })

  it('a token that came in while the answer to its invalidation was on its way', async () => {
    const { clock, first, start } = await startSession()
    const other = start()
    await other.manager.getToken()
    first.connection.afterwards = (operation) => (operation === 'commit' ? clock.sleep(400) : undefined)
    const invalidation = first.manager.invalidateToken()
    await clock.advance(50)
    await other.manager.getToken()
    await first.manager.getToken()
    await clock.advance(1_000)
    await invalidation
    expect(first.manager.peekToken()?.accessToken).toBe('token-2')
  })

  it('the newer refresh token that it was offered, though the renewal that read it failed and the storage is lost', async () => {
    const { clock, provider, store, first, start } = await startSession()
    const other = start()
    await other.manager.getToken()
    store.notices = false
    await clock.advance(3_600_000)
    await first.manager.getToken()
    await clock.advance(3_600_000)
    provider.refreshes.push(unavailable(1_000))
    await rejectionOf(other.manager.getToken())
    store.records.clear()
    await clock.advance(2_000)
    await other.manager.getToken()
    expect(provider.presented).toEqual(['refresh-1', 'refresh-2', 'refresh-2'])
  })

  it('which of two invalidations at one time meant which token', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.rotates = true
    provider.canFetch = false
    await manager.getToken()
    storage.trouble = (operation) => (operation === 'set' ? clock.sleep(50) : undefined)
    const invalidations = [manager.invalidateToken(), manager.invalidateToken()]
    const token = manager.getToken()
    await clock.advance(1_000)
    await Promise.all(invalidations)
    expect((await token).accessToken).toBe('token-2')
  })

  it('that others have gone on from its refresh token, though it was not told whether that was stored', async () => {
    const { clock, store, first, start } = await startSession()
    const other = start()
    await other.manager.getToken()
    store.notices = false
    first.connection.afterwards = (operation) => (operation === 'commit' ? Promise.reject(new Error('away')) : undefined)
    await first.manager.forceRefresh()
    first.connection.trouble = () => Promise.reject(new Error('away'))
    // The first finds what the process before has stored, the second renews from it.
    await other.manager.forceRefresh()
    await other.manager.forceRefresh()
    expect(store.only.token?.refreshToken).toBe('refresh-3')
    first.connection.trouble = undefined
    first.connection.afterwards = undefined
    await first.manager.invalidateToken()
    await clock.advance(30_000)
    expect(store.only.token).toMatchObject({ accessToken: 'invalidated', refreshToken: 'refresh-3' })
  })

  it('that the refresh token which it may have stored was sent by somebody else, and not answered', async () => {
    const { clock, provider, store, first, start } = await startSession({ onInDoubt: 'error' })
    const other = start()
    await other.manager.getToken()
    first.connection.afterwards = (operation) => (operation === 'commit' ? Promise.reject(new Error('away')) : undefined)
    await first.manager.forceRefresh()
    first.connection.trouble = () => Promise.reject(new Error('away'))
    await clock.advance(10)
    provider.refreshes.push(() => new Promise(() => undefined))
    const unanswered = rejectionOf(other.manager.forceRefresh())
    await clock.advance(10)
    expect(store.only.spent).toBe(true)
    other.connection.trouble = () => new Promise(() => undefined)
    await clock.advance(10_000)
    await unanswered
    first.connection.trouble = undefined
    first.connection.afterwards = undefined
    await first.manager.invalidateToken()
    await clock.advance(30_000)
    expect(await rejectionOf(first.manager.getToken())).toMatchObject({ reason: 'refresh_lost' })
    expect(provider.presented).toEqual(['refresh-1', 'refresh-2'])
  })

  it('what came of a refresh token whose mark a storage shows again that was rolled back', async () => {
    const { clock, provider, store, first } = await startSession({ onInDoubt: 'error' })
    store.notices = false
    const before = { ...store.only, spent: true, lease: undefined }
    await first.manager.forceRefresh()
    Object.assign(store.only, before)
    await clock.advance(3_600_000)
    expect((await first.manager.getToken()).accessToken).toBe('token-3')
    expect(provider.presented).toEqual(['refresh-1', 'refresh-2'])
  })

  it('that its refresh token is newer than one of a storage that was rolled back, where it invalidates, too', async () => {
    const { provider, store, first, start } = await startSession()
    store.notices = false
    const before = { ...store.only }
    await first.manager.forceRefresh()
    const other = start()
    await other.manager.getToken()
    Object.assign(store.only, before)
    await other.manager.invalidateToken()
    expect(store.only.token).toMatchObject({ accessToken: 'invalidated', refreshToken: 'refresh-2' })
    await other.manager.getToken()
    expect(provider.presented).toEqual(['refresh-1', 'refresh-2'])
  })

  it('that the mark of a refresh token stays for the others, where its own renewal sends a newer one in vain', async () => {
    const { clock, provider, store, first } = await startSession()
    store.notices = false
    const before = { ...store.only, spent: true, lease: undefined }
    await first.manager.forceRefresh()
    Object.assign(store.only, before)
    await clock.advance(3_600_000)
    provider.refreshes.push(unavailable(1_000))
    await rejectionOf(first.manager.getToken())
    expect(provider.presented).toEqual(['refresh-1', 'refresh-2'])
    expect(store.only).toMatchObject({ spent: true, token: { refreshToken: 'refresh-1' } })
  })

  it('how long the server wants to be left alone, though a forced attempt failed in another way meanwhile', async () => {
    const { clock, provider, manager } = setUp()
    provider.fetches.push(unavailable(20_000), lost())
    await rejectionOf(manager.getToken())
    await rejectionOf(manager.forceRefresh())
    expect(await rejectionOf(manager.getToken())).toMatchObject({ retryAfterMs: 20_000 })
    await clock.advance(20_000)
    expect((await manager.getToken()).accessToken).toBe('token-1')
    expect(provider.fetchCount).toBe(3)
  })

  it('that it was told to wait, and says so in an error of its own after a time-out', async () => {
    const { clock, provider, manager } = setUp()
    provider.fetches.push(unavailable(60_000), () => new Promise(() => undefined))
    await rejectionOf(manager.getToken())
    const forced = rejectionOf(manager.forceRefresh())
    await clock.advance(10_000)
    expect(await forced).toMatchObject({ name: 'RequestTimeoutError', phase: 'token' })
    expect(await rejectionOf(manager.getToken())).toMatchObject({
      name: 'AuthenticationError',
      retryable: true,
      retryAfterMs: 50_000,
      cause: { name: 'RequestTimeoutError' },
    })
  })

  it('the pause of its own failure, though nobody else was told of it', async () => {
    const { clock, provider, store, first } = startFleet(1)
    provider.fetches.push(unavailable(5_000))
    await rejectionOf(first.manager.getToken())
    store.only.failure = undefined
    await clock.advance(1_000)
    expect(await rejectionOf(first.manager.getToken())).toMatchObject({ retryAfterMs: 4_000 })
    expect(provider.fetchCount).toBe(1)
  })

  it('a token that stands in the storage, though a forced renewal that others joined has failed', async () => {
    const { provider, first, start } = startFleet(1)
    const other = start()
    await first.manager.getToken()
    provider.fetches.push(unavailable(), unavailable())
    const forced = rejectionOf(other.manager.forceRefresh())
    const token = other.manager.getToken()
    expect(await forced).toMatchObject({ name: 'AuthenticationError' })
    expect((await token).accessToken).toBe('token-1')
  })
})

describe('while a late answer is listened for', () => {
  it('whoever asks gets what somebody else has stored meanwhile', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.refreshes.push(() => new Promise(() => undefined))
    const first = rejectionOf(manager.getToken())
    await clock.advance(10_000)
    expect(await first).toMatchObject({ name: 'RequestTimeoutError' })
    const [key = ''] = storage.entries.keys()
    await storage.set(key, { accessToken: 'theirs', expiresAt: clock.now() + 3_600_000 })
    expect((await manager.getToken()).accessToken).toBe('theirs')
    expect([provider.fetchCount, provider.refreshCount]).toEqual([1, 1])
  })
})

describe('a forced renewal', () => {
  it('that joined one which was refused from memory asks all the same', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.fetches.push(oauthFailure('invalid_client'))
    await rejectionOf(manager.getToken())
    await clock.advance(1_000)
    const waiting = rejectionOf(manager.getToken())
    expect((await manager.forceRefresh()).accessToken).toBe('token-1')
    await waiting
  })
})

describe('after close()', () => {
  it('a lost answer to a refresh token is not asked for once more: whoever comes next finds the doubt', async () => {
    const { clock, provider, store, first } = startFleet(1, { onInDoubt: 'retry' })
    provider.rotates = true
    await first.manager.getToken()
    provider.loseGrant()
    await clock.advance(3_600_000)
    provider.refreshes.push(async () => {
      await clock.sleep(1_000)
      throw lost()
    })
    const waiting = rejectionOf(first.manager.getToken())
    await clock.advance(100)
    const closing = first.manager.close()
    await clock.advance(5_000)
    await closing
    expect(await waiting).toMatchObject({ name: 'ClientClosedError' })
    expect(provider.refreshCount).toBe(1)
    expect(store.only.spent).toBe(true)
  })
})

describe('other processes are told', () => {
  it('of a pause, even where a dead refresh token had to be taken out of the storage first', async () => {
    const { clock, provider, first, start } = startFleet(1)
    const other = start()
    provider.rotates = true
    await first.manager.getToken()
    await other.manager.getToken()
    provider.refreshes.push(oauthFailure('invalid_grant'))
    provider.fetches.push(unavailable(30_000))
    await rejectionOf(first.manager.replaceToken({ accessToken: 'token-1' }))
    await clock.advance(100)
    const error = await rejectionOf(other.manager.replaceToken({ accessToken: 'token-1' }))
    expect(error).toMatchObject({ name: 'AuthenticationError', retryable: true })
    expect(provider.fetchCount).toBe(2)
  })
})

describe('a late answer', () => {
  it('to a renewal that was invalidated, and asked once more since, is current', async () => {
    const { clock, provider, manager } = setUp()
    provider.rotates = true
    await manager.getToken()
    provider.refreshes.push(() => new Promise(() => undefined))
    const forced = rejectionOf(manager.forceRefresh())
    await clock.advance(5_000)
    await manager.invalidateToken()
    const waiting = manager.getToken()
    const answered = waiting.then(
      (token) => token.accessToken,
      () => 'nothing',
    )
    await clock.advance(60_000)
    await forced
    await answered
    await manager.getToken()
    expect(provider.fetchCount).toBe(2)
  })

  it('is shared with who began to wait for it', async () => {
    const { clock, provider, manager } = setUp()
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.refreshes.push(async () => {
      await clock.sleep(15_000)
      return { accessToken: 'late', expiresAt: clock.now() + 3_600_000, refreshToken: 'refresh-2' }
    })
    const first = rejectionOf(manager.getToken())
    await clock.advance(10_000)
    expect(await first).toMatchObject({ name: 'RequestTimeoutError' })
    await clock.advance(5_000)
    expect((await manager.getToken()).accessToken).toBe('late')
    expect([provider.fetchCount, provider.refreshCount]).toEqual([1, 1])
  })
})

describe('revokeToken', () => {
  it('ends at once with an abort while the storage hangs', async () => {
    const storage = new PlainStorage()
    const { manager } = setUp({ storage })
    storage.trouble = () => new Promise(() => undefined)
    const controller = new AbortController()
    const revocation = rejectionOf(manager.revokeToken({ signal: controller.signal }))
    controller.abort(new Error('enough'))
    expect(await revocation).toEqual(new Error('enough'))
  })
})
