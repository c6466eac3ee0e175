import assert from 'node:assert/strict'
import { describe, expect, it } from 'vitest'
import { ConfigurationError, TokenManager, type TokenStorage } from './fixtures/library.ts'
import { hang, PlainStorage } from './fixtures/plain-storage.ts'
import { oauthFailure, rejectionOf, setUp } from './fixtures/set-up.ts'

const away = (): Promise<never> => Promise.reject(new Error('away'))

describe('a plain storage', () => {
  it('is written before anybody gets the token', async () => {
    const storage = new PlainStorage()
    const { clock, manager } = setUp({ storage })
    storage.trouble = (operation) => (operation === 'set' ? clock.sleep(100) : undefined)
    let token: string | undefined
    void manager.getToken().then((got) => {
      token = got.accessToken
    })
    await clock.advance(99)
    expect(token).toBeUndefined()
    await clock.advance(1)
    expect(token).toBe('token-1')
    expect(storage.entries.size).toBe(1)
  })

  it.each([Number.POSITIVE_INFINITY, 9.2e21])(
    'is not told how long to keep a refresh token that ends at %d: never',
    async (end) => {
      const kept: unknown[] = []
      const storage: TokenStorage = {
        get: async () => undefined,
        set: async (_key, _token, options) => void kept.push(options?.keepForMs),
        delete: async () => undefined,
      }
      const { provider, manager } = setUp({ storage })
      provider.fetches.push({ refreshToken: 'refresh-1', refreshTokenExpiresAt: end })
      await manager.getToken()
      expect(kept).toEqual([undefined])
    },
  )

  it('is not asked for a fresh token', async () => {
    const storage = new PlainStorage()
    const { manager } = setUp({ storage })
    await manager.getToken()
    storage.calls.length = 0
    for (let call = 0; call < 100; call += 1) await manager.getToken()
    expect(storage.calls).toEqual([])
  })

  it('that hangs costs its deadline once, and is then left alone for a second', async () => {
    const storage = new PlainStorage()
    const { clock, manager, events } = setUp({ storage })
    storage.trouble = hang
    const token = manager.getToken()
    await clock.advance(499)
    expect(events).not.toContain('refreshed')
    await clock.advance(1)
    await token
    expect(storage.calls).toEqual(['get'])
    expect(events.filter((name) => name === 'storage-failed')).toHaveLength(1)
  })

  it('that could not be written is written in the background, until it took it', async () => {
    const storage = new PlainStorage()
    const { clock, manager } = setUp({ storage })
    storage.trouble = (operation) => (operation === 'set' ? away() : undefined)
    await manager.getToken()
    await clock.advance(60_000)
    expect(storage.calls.filter((call) => call === 'set').length).toBeGreaterThan(3)
    expect(storage.entries.size).toBe(0)
    storage.trouble = undefined
    await clock.advance(30_000)
    expect([...storage.entries.values()][0]?.accessToken).toBe('token-1')
    expect(clock.pendingTimers).toBe(0)
  })

  it('that could not be written is written at close(), although it failed just now', async () => {
    const storage = new PlainStorage()
    const { provider, manager } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    let left = 1
    storage.trouble = (operation) => (operation === 'set' && left-- > 0 ? away() : undefined)
    await manager.forceRefresh()
    await manager.close()
    expect([...storage.entries.values()].map((token) => token.refreshToken)).toEqual(['refresh-2'])
  })

  it('that missed a rotation never gives the spent refresh token back', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    storage.trouble = (operation) => (operation === 'set' ? away() : undefined)
    await clock.advance(3_600_000)
    await manager.getToken()
    await clock.advance(3_600_000)
    await manager.getToken()
    expect(provider.presented).toEqual(['refresh-1', 'refresh-2'])
  })

  it.each(['forceRefresh', 'replaceToken'] as const)('that was rolled back does not give %s an old token', async (call) => {
    const storage = new PlainStorage()
    const { clock, manager } = setUp({ storage })
    await manager.getToken()
    const copy = new Map(storage.entries)
    await clock.advance(1_000)
    const second = await manager.forceRefresh()
    for (const [key, token] of copy) storage.entries.set(key, token)
    const third = call === 'forceRefresh' ? await manager.forceRefresh() : await manager.replaceToken(second)
    expect(third.accessToken).toBe('token-3')
    expect([...storage.entries.values()][0]?.accessToken).toBe('token-3')
  })

  it('that was rolled back to what this process has never seen gives no token that is much older', async () => {
    const storage = new PlainStorage()
    const { clock, manager } = setUp({ storage })
    await manager.getToken()
    const [key = ''] = storage.entries.keys()
    const issuedAt = clock.now() - 60_000
    storage.entries.set(key, { accessToken: 'old', issuedAt, expiresAt: issuedAt + 3_600_000 })
    expect((await manager.forceRefresh()).accessToken).toBe('token-2')
  })

  it('into which another process has written at the same time gives that token', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    const rejected = await manager.getToken()
    const [key = ''] = storage.entries.keys()
    const issuedAt = clock.now() - 20
    storage.entries.set(key, { accessToken: 'theirs', issuedAt, expiresAt: issuedAt + 3_600_000 })
    expect((await manager.replaceToken(rejected)).accessToken).toBe('theirs')
    expect(provider.fetchCount).toBe(1)
  })

  it('in which a process whose clock is behind has rotated is believed', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.rotates = true
    provider.canFetch = false
    await manager.getToken()
    const [key = ''] = storage.entries.keys()
    const issuedAt = clock.now() - 60_000
    storage.entries.set(key, { accessToken: 'theirs', refreshToken: 'refresh-9', issuedAt, expiresAt: issuedAt + 3_600_000 })
    await clock.advance(3_600_000)
    await manager.getToken()
    expect(provider.presented).toEqual(['refresh-9'])
  })

  it('in which another process has rotated is believed after invalid_grant, and nothing is deleted', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    const [key = ''] = storage.entries.keys()
    provider.refreshes.push(async () => {
      storage.entries.set(key, {
        accessToken: 'theirs',
        refreshToken: 'refresh-9',
        expiresAt: clock.now() + 60_000,
        issuedAt: clock.now(),
      })
      throw oauthFailure('invalid_grant')
    })
    expect((await manager.getToken()).accessToken).toBe('theirs')
    expect(storage.calls).not.toContain('delete')
    expect(provider.fetchCount).toBe(1)
  })

  it('loses a rejected refresh token', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.loseGrant()
    provider.refreshes.push(oauthFailure('invalid_grant'))
    expect(await rejectionOf(manager.getToken())).toMatchObject({ reason: 'refresh_rejected' })
    expect(storage.entries.size).toBe(0)
  })

  it('keeps what another process stores at the last moment', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.loseGrant()
    provider.refreshes.push(oauthFailure('invalid_grant'))
    const [key = ''] = storage.entries.keys()
    let reads = 0
    storage.trouble = (operation) => {
      reads += operation === 'get' ? 1 : 0
      if (reads === 3) storage.entries.set(key, { accessToken: 'theirs', refreshToken: 'refresh-9', expiresAt: clock.now() })
    }
    await rejectionOf(manager.getToken())
    expect(storage.entries.get(key)?.refreshToken).toBe('refresh-9')
  })

  it('loses nothing on a network error, and tells others that nobody may try a third time', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.loseGrant()
    provider.refreshes.push(new Error('socket hang up'), new Error('socket hang up'))
    expect(await rejectionOf(manager.getToken())).toMatchObject({ reason: 'refresh_lost' })
    expect([...storage.entries.values()].map((token) => token.refreshToken)).toEqual(['refresh-1'])
    const other = new TokenManager({ provider, clock, storage })
    expect(await rejectionOf(other.getToken())).toMatchObject({ reason: 'refresh_lost' })
    expect(provider.presented).toEqual(['refresh-1', 'refresh-1'])
  })

  it.each([
    ['a string', 'junk'],
    ['a token without an access token', { tokenType: 'Bearer' }],
    ['a number', 7],
    ['somebody else’s value', { user: 'x' }],
    ['the redacted form of a Token', { accessToken: '[redacted]', tokenType: 'Bearer', extra: [], isExpired: false }],
    ['a refresh token that is a number', { accessToken: 'x', refreshToken: 5 }],
    ['a member that throws', Object.defineProperty({}, 'accessToken', { get: () => assert.fail('secret-123') })],
  ])('that gives %s is a miss and an event', async (_name, value) => {
    const storage = new PlainStorage()
    storage.get = async () => value as never
    const { manager, events } = setUp({ storage })
    expect((await manager.getToken()).accessToken).toBe('token-1')
    expect(events).toContain('storage-failed')
  })

  it.each([
    ['a string', 'junk', 'a token must be an object (got a string)'],
    ['seconds', { accessToken: 'x', expiresAt: 1_800_003_600 }, 'expiresAt must be in milliseconds since the epoch'],
    [
      'the redacted form of a Token',
      { accessToken: '[redacted]' },
      'accessToken is the redacted form of a Token, where its toData()',
    ],
  ])('that gives %s is told with what is wrong with it', async (_name, value, problem) => {
    const storage = new PlainStorage()
    storage.get = async () => value as never
    const { manager } = setUp({ storage })
    const problems: string[] = []
    manager.on('storage-failed', ({ error }) => problems.push(String(error)))
    await manager.getToken()
    expect(problems).toEqual([expect.stringContaining(problem)])
  })

  it('that is misconfigured is told to the caller', async () => {
    const storage = new PlainStorage()
    const { manager } = setUp({ storage })
    storage.trouble = () => {
      throw new ConfigurationError('the package redis is missing', { option: 'url' })
    }
    expect(await rejectionOf(manager.getToken())).toMatchObject({ code: 'configuration', option: 'url' })
  })

  it('that throws synchronously is one that rejects', async () => {
    const storage = new PlainStorage()
    storage.get = () => {
      throw new TypeError('bug')
    }
    const { manager } = setUp({ storage })
    expect((await manager.getToken()).accessToken).toBe('token-1')
  })
})

describe('onStorageFailure', () => {
  it('error: asks nobody while the storage is away, and hands out what is valid', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage, onStorageFailure: 'error' })
    storage.trouble = away
    expect(await rejectionOf(manager.getToken())).toMatchObject({ retryable: true, requestSent: false })
    expect(provider.fetchCount).toBe(0)
    storage.trouble = undefined
    await clock.advance(1_000)
    await manager.getToken()
    storage.trouble = away
    expect((await manager.getToken()).accessToken).toBe('token-1')
  })

  it('fetch: spends no stored refresh token while the storage is away', async () => {
    const storage = new PlainStorage()
    const { clock, provider, manager } = setUp({ storage, onStorageFailure: 'fetch' })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    storage.trouble = away
    await manager.getToken()
    expect([provider.fetchCount, provider.refreshCount]).toEqual([2, 0])
  })
})

describe('a storage that can be read, and not written', () => {
  it('is told of once, not with every renewal, and again when it fails after it could be written', async () => {
    const storage = new PlainStorage()
    const { clock, manager } = setUp({ storage })
    const failed: string[] = []
    manager.on('storage-failed', ({ operation }) => failed.push(operation))
    const full = (operation: string) => (operation === 'set' ? Promise.reject(new Error('out of memory')) : undefined)
    storage.trouble = full
    // At some of these moments it is not left alone, and reading works.
    for (let round = 0; round < 12; round += 1) {
      await manager.forceRefresh()
      await clock.advance(5_000)
    }
    expect(failed).toEqual(['set'])
    storage.trouble = undefined
    await clock.advance(60_000)
    await manager.forceRefresh()
    storage.trouble = full
    await manager.forceRefresh()
    expect(failed).toEqual(['set', 'set'])
  })
})
