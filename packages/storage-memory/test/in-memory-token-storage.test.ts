import { ConfigurationError } from '@requestforge/core/errors'
import { TokenManager } from '@requestforge/oauth'
import { fakeToken, ManualClock, MockTokenProvider, tokenStorageContract } from '@requestforge/testing'
import { describe, expect, it } from 'vitest'
import { InMemoryTokenStorage } from '../src/index.ts'

describe('InMemoryTokenStorage fulfils the contract of storages', () => {
  const factory = () => {
    const clock = new ManualClock()
    return { storage: new InMemoryTokenStorage({ clock }), advance: (ms: number) => clock.advance(ms) }
  }
  for (const { name, run } of tokenStorageContract(factory)) it(name, run)
})

describe('InMemoryTokenStorage', () => {
  it('shares one renewal between the managers of a process', async () => {
    const storage = new InMemoryTokenStorage()
    const provider = new MockTokenProvider({ delayMs: 5 })
    const managers = Array.from({ length: 10 }, () => new TokenManager({ provider, storage, key: 'shared' }))
    const tokens = await Promise.all(managers.map((manager) => manager.getToken()))
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1)
    expect(provider.fetchCount).toBe(1)
    await Promise.all(managers.map((manager) => manager.close()))
  })

  it('extends a lease that has run out as long as nobody else has taken it', async () => {
    const clock = new ManualClock()
    const { coordinator } = new InMemoryTokenStorage({ clock })
    const request = { newerThan: 0, leaseMs: 1_000 }
    const claim = await coordinator.claim('a', request)
    if (claim.kind !== 'leased') throw new Error(claim.kind)
    await clock.advance(1_500)
    expect(await claim.lease.extend(1_000)).toBe(true)
    expect(await coordinator.claim('a', request)).toMatchObject({ kind: 'busy' })
    await clock.advance(1_500)
    await coordinator.claim('a', request)
    expect(await claim.lease.extend(1_000)).toBe(false)
  })

  it('keeps at most maxEntries keys, and forgets the one that was not used for the longest time', async () => {
    const storage = new InMemoryTokenStorage({ maxEntries: 2 })
    await storage.set('a', fakeToken())
    await storage.set('b', fakeToken())
    await storage.get('a')
    await storage.set('c', fakeToken())
    const kept = await Promise.all(['a', 'b', 'c'].map(async (key) => (await storage.get(key)) !== undefined))
    expect(kept).toEqual([true, false, true])
  })

  it('takes the commit of a key that was evicted meanwhile, with a version above the one before', async () => {
    const { coordinator, ...storage } = new InMemoryTokenStorage({ maxEntries: 1 })
    const first = await coordinator.claim('a', { newerThan: 2 ** 50, leaseMs: 1_000 })
    if (first.kind !== 'leased') throw new Error(first.kind)
    await coordinator.claim('b', { newerThan: 0, leaseMs: 1_000 })
    expect(await first.lease.commit(fakeToken(), {})).toEqual({ committed: true, version: 2 ** 50 + 1 })
    expect(storage).toBeDefined()
  })

  it('gives a key that was evicted and begins anew a version above all that it had before', async () => {
    const { coordinator, ...storage } = new InMemoryTokenStorage({ maxEntries: 1 })
    expect(storage).toBeDefined()
    const renew = async (key: string) => {
      const claim = await coordinator.claim(key, { newerThan: 0, leaseMs: 1_000 })
      const result = claim.kind === 'leased' ? await claim.lease.commit(fakeToken(), {}) : undefined
      return result?.committed === true ? result.version : 0
    }
    const before = await renew('a')
    await renew('b')
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await renew('a')).toBeGreaterThan(before)
  })

  it('sets no timer, not even for tokens that live long', async () => {
    const clock = new ManualClock()
    const storage = new InMemoryTokenStorage({ clock })
    await storage.set('a', fakeToken(), { keepForMs: 2 ** 40 })
    await storage.coordinator.claim('b', { newerThan: 0, leaseMs: 1_000 })
    expect(clock.pendingTimers).toEqual([])
  })

  it('keeps a token as it was given, whatever becomes of the object', async () => {
    const storage = new InMemoryTokenStorage()
    const token = { accessToken: 'a', extra: { when: new Date(0), answer: () => 42 } }
    await storage.set('k', token)
    token.accessToken = 'b'
    const stored = await storage.get('k')
    expect(stored?.accessToken).toBe('a')
    expect(stored?.extra).toBe(token.extra)
  })

  it('survives a listener that throws', async () => {
    const storage = new InMemoryTokenStorage()
    let told = 0
    storage.coordinator.subscribe('k', () => {
      throw new Error('listener')
    })
    storage.coordinator.subscribe('k', () => told++)
    await storage.set('k', fakeToken())
    await Promise.resolve()
    expect(told).toBe(1)
  })

  it.each([
    [{ maxEntries: 0 }, 'maxEntries'],
    [{ maxEntries: 1.5 }, 'maxEntries'],
    [{ maxEntries: 2 ** 25 }, 'maxEntries'],
    [{ maxEntries: '10' }, 'maxEntries'],
    [{ clock: {} }, 'clock'],
    [{ maxEntrys: 5 }, 'no option `maxEntrys`; did you mean `maxEntries`?'],
  ])('refuses %j, naming the option', (options, option) => {
    const make = () => new InMemoryTokenStorage(options as object)
    expect(make).toThrow(ConfigurationError)
    expect(make).toThrow(option)
  })
})
