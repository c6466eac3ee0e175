import { describe, expect, it } from 'vitest'
import { ConfigurationError, TokenManager, type TokenStorage } from './fixtures/library.ts'
import { PlainStorage } from './fixtures/plain-storage.ts'
import { setUp } from './fixtures/set-up.ts'
import { VirtualClock } from './fixtures/virtual-clock.ts'

describe('getToken', () => {
  it('fetches once for 200 callers', async () => {
    const { clock, provider, manager } = setUp()
    provider.delayMs = 30
    const tokens = Promise.all(Array.from({ length: 200 }, () => manager.getToken()))
    await clock.advance(30)
    expect(new Set((await tokens).map((token) => token.accessToken))).toEqual(new Set(['token-1']))
    expect(provider.fetchCount).toBe(1)
  })

  it('hands out a fresh token from memory, and synchronously by peekToken', async () => {
    const { provider, manager } = setUp()
    expect(manager.peekToken()).toBeUndefined()
    const token = await manager.getToken()
    expect(await manager.getToken()).toBe(token)
    expect(manager.peekToken()).toBe(token)
    expect(provider.fetchCount).toBe(1)
  })

  it('hands out a due token and renews it in the background, once', async () => {
    const { clock, provider, manager } = setUp()
    await manager.getToken()
    await clock.advance(3_000_000)
    expect((await manager.getToken()).accessToken).toBe('token-1')
    expect(manager.peekToken()?.accessToken).toBe('token-1')
    await clock.advance(0)
    expect((await manager.getToken()).accessToken).toBe('token-2')
    expect(provider.fetchCount).toBe(2)
  })

  it('adopts what a plain storage holds', async () => {
    const { clock, provider } = setUp()
    const storage = new PlainStorage()
    const options = { provider, clock, storage, random: () => 0.5 }
    const first = await new TokenManager(options).getToken()
    const second = await new TokenManager(options).getToken()
    expect(second.accessToken).toBe(first.accessToken)
    expect(provider.fetchCount).toBe(1)
  })
})

describe('replaceToken', () => {
  it('renews once for 200 rejections, late ones included', async () => {
    const { clock, provider, manager } = setUp()
    const rejected = await manager.getToken()
    provider.delayMs = 30
    const replaced = Array.from({ length: 200 }, () => manager.replaceToken(rejected))
    await clock.advance(30)
    for (const token of await Promise.all(replaced)) expect(token.accessToken).toBe('token-2')
    expect((await manager.replaceToken(rejected)).accessToken).toBe('token-2')
    expect(provider.fetchCount).toBe(2)
  })
})

describe('a time-out of 0 is none', () => {
  it('for renewals: callers wait for the provider', async () => {
    const { clock, provider, manager } = setUp({ renewalTimeoutMs: 0 })
    provider.delayMs = 3_600_000
    const token = manager.getToken()
    await clock.advance(3_600_000)
    expect((await token).accessToken).toBe('token-1')
  })

  it('for storages: their answer is waited for', async () => {
    const clock = new VirtualClock()
    const stored = { accessToken: 'stored', expiresAt: clock.now() + 7_200_000 }
    const storage: TokenStorage = {
      get: () => new Promise((resolve) => clock.setTimeout(() => resolve(stored), 60_000)),
      set: async () => undefined,
      delete: async () => undefined,
    }
    const { provider, manager } = setUp({ clock, storage, storageTimeoutMs: 0, renewalTimeoutMs: 0 })
    const token = manager.getToken()
    await clock.advance(60_000)
    expect((await token).accessToken).toBe('stored')
    expect(provider.fetchCount).toBe(0)
  })
})

describe('the constructor', () => {
  it('refuses what is no option, by name', () => {
    const { provider } = setUp()
    expect(() => new TokenManager({ provider, storge: undefined } as never)).toThrow(/did you mean `storage`/)
    expect(() => new TokenManager({ provider, renewalTimeoutMs: 0.5 })).toThrow(/did you mean 500/)
    expect(() => new TokenManager({ provider, renewalTimeoutMs: -1 })).toThrow(/from 0 to 2\^31-1/)
    expect(() => new TokenManager({} as never)).toThrow(ConfigurationError)
  })

  it('knows a provider that is given as the options', () => {
    const { provider } = setUp()
    const literal = { serviceName: 'example-api', fetchToken: async () => ({ accessToken: 'a' }) }
    for (const given of [provider, literal]) {
      expect(() => new TokenManager(given as never)).toThrow(
        /TokenManager wants an object of options.*did you mean `\{ provider \}`\?/,
      )
    }
    expect(() => new TokenManager({ tokenUrl: 'https://a/t' } as never)).toThrow(
      /no option `tokenUrl`: it knows provider, key, storage, /,
    )
    expect(() => new TokenManager({ provider, timeout: 5 } as never)).toThrow(/did you mean `renewalTimeoutMs`\?/)
  })

  it.each([
    'storage',
    'key',
    'clock',
    'random',
    'defaultLifetimeMs',
    'renewAhead',
    'renewalTimeoutMs',
    'storageTimeoutMs',
    'minForcedIntervalMs',
    'retryYoungerThanMs',
    'onInDoubt',
    'onStorageFailure',
  ])('refuses null as %s: only what is left out or undefined has its default', (option) => {
    const { provider } = setUp()
    expect(() => new TokenManager({ provider, [option]: undefined })).not.toThrow()
    expect(() => new TokenManager({ provider, [option]: null })).toThrow(ConfigurationError)
    expect(() => new TokenManager({ provider, [option]: null })).toThrow(expect.objectContaining({ option }))
  })

  it.each([[5], [{}], [null], [[5]], [['a', undefined]]])('refuses a provider whose identity is %j', (identity) => {
    const provider = { serviceName: 'example-api', identity, fetchToken: async () => ({ accessToken: 'a' }) }
    const act = (): unknown => new TokenManager({ provider: provider as never })
    expect(act).toThrow(ConfigurationError)
    expect(act).toThrow(expect.objectContaining({ option: 'provider.identity' }))
  })
})
