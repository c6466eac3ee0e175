import { describe, expect, it } from 'vitest'
import { ClientClosedError, ConfigurationError, KeyedTokenManager, type KeyedTokenManagerOptions } from './fixtures/library.ts'
import { PlainStorage } from './fixtures/plain-storage.ts'
import { ScriptedProvider } from './fixtures/scripted-provider.ts'
import { SharedStore } from './fixtures/shared-store.ts'
import { VirtualClock } from './fixtures/virtual-clock.ts'

function setUp(options: Partial<KeyedTokenManagerOptions> = {}) {
  const clock = new VirtualClock()
  const providers = new Map<string, ScriptedProvider>()
  const providerOf = (subject: string): ScriptedProvider => {
    const provider = providers.get(subject) ?? new ScriptedProvider(clock)
    providers.set(subject, provider)
    return provider
  }
  const tokens = new KeyedTokenManager({ provider: providerOf, clock, random: () => 0.5, ...options })
  return { clock, providerOf, tokens }
}

describe('a keyed manager', () => {
  it('renews once for each subject, whoever asks', async () => {
    const { clock, providerOf, tokens } = setUp()
    providerOf('a').delayMs = 30
    const asked = Promise.all(Array.from({ length: 50 }, () => [tokens.for('a').getToken(), tokens.for('b').getToken()]).flat())
    await clock.advance(30)
    await asked
    expect([providerOf('a').fetchCount, providerOf('b').fetchCount]).toEqual([1, 1])
  })

  it.each(['maxEntries', 'idleMs'])('refuses null as %s: only what is left out or undefined has its default', (option) => {
    expect(() => setUp({ [option]: undefined })).not.toThrow()
    expect(() => setUp({ [option]: null })).toThrow(expect.objectContaining({ option, code: 'configuration' }))
  })

  it('says so when a signal is given without its name, which would else end nothing', async () => {
    const { tokens } = setUp()
    const { signal } = new AbortController()
    await tokens.for('a').getToken()
    for (const act of [
      () => tokens.for('a').getToken(signal as never),
      () => tokens.for('a').forceRefresh(signal as never),
      () => tokens.for('a').invalidateToken(signal as never),
    ]) {
      await expect(act()).rejects.toThrow(ConfigurationError)
      await expect(act()).rejects.toThrow(/did you mean `\{ signal \}`\?/)
    }
  })

  it('never gives one subject the token of another, in the storage neither', async () => {
    const storage = new PlainStorage()
    const { providerOf, tokens } = setUp({ storage })
    providerOf('b').fetches.push({ accessToken: 'token-of-b' })
    await tokens.for('a').getToken()
    expect((await tokens.for('b').getToken()).accessToken).toBe('token-of-b')
    expect(storage.entries.size).toBe(2)
    for (const key of storage.entries.keys()) expect(key).toMatch(/^example-api:[0-9a-f]{32}$/)
  })

  it('replaces, forces, invalidates and revokes for one subject alone', async () => {
    const { providerOf, tokens } = setUp()
    const rejected = await tokens.for('a').getToken()
    await tokens.for('b').getToken()
    expect((await tokens.for('a').replaceToken(rejected)).accessToken).toBe('token-2')
    expect((await tokens.for('a').forceRefresh()).accessToken).toBe('token-3')
    await tokens.for('a').invalidateToken()
    expect(tokens.for('a').peekToken()).toBeUndefined()
    expect((await tokens.for('a').getToken()).accessToken).toBe('token-4')
    await tokens.for('a').revokeToken()
    expect(providerOf('a').revoked[0]?.accessToken).toBe('token-4')
    expect(tokens.for('b').peekToken()?.accessToken).toBe('token-1')
  })

  it('holds no more than maxEntries, and drops the ones not used for longest', async () => {
    const { clock, providerOf, tokens } = setUp({ maxEntries: 10 })
    for (let index = 0; index < 10; index += 1) await tokens.for(`subject-${index}`).getToken()
    await clock.advance(1)
    tokens.for('subject-0').peekToken()
    for (let index = 10; index < 15; index += 1) await tokens.for(`subject-${index}`).getToken()
    expect(tokens.size).toBe(10)
    expect(tokens.for('subject-0').peekToken()?.accessToken).toBe('token-1')
    await tokens.for('subject-1').getToken()
    expect(providerOf('subject-1').fetchCount).toBe(2)
  })

  it('drops tokens that nobody asks for, and keeps one timer for all until they are gone', async () => {
    const { clock, tokens } = setUp({ idleMs: 64_000 })
    for (let index = 0; index < 1_000; index += 1) await tokens.for(`subject-${index}`).getToken()
    expect(clock.pendingTimers).toBe(1)
    for (let minute = 0; minute < 4; minute += 1) {
      await clock.advance(50_000)
      await tokens.for('used').getToken()
    }
    expect(tokens.size).toBe(1)
    await clock.advance(200_000)
    expect([tokens.size, clock.pendingTimers]).toEqual([0, 0])
  })

  it('goes on with a handle whose token was dropped', async () => {
    const { clock, providerOf, tokens } = setUp({ idleMs: 1_000 })
    const handle = tokens.for('a')
    await handle.getToken()
    await clock.advance(5_000)
    expect(tokens.size).toBe(0)
    expect((await handle.getToken()).accessToken).toBe('token-2')
    expect(providerOf('a').fetchCount).toBe(2)
  })

  it('ends its subscription when it drops a token', async () => {
    const clock = new VirtualClock()
    const store = new SharedStore(clock)
    const tokens = new KeyedTokenManager({
      provider: () => new ScriptedProvider(clock),
      clock,
      storage: store.connect(),
      idleMs: 1_000,
    })
    await tokens.for('a').getToken()
    expect([...store.listeners.values()].map((listeners) => listeners.size)).toEqual([1])
    await clock.advance(5_000)
    expect([...store.listeners.values()].map((listeners) => listeners.size)).toEqual([0])
  })

  it('tells whose token an event is about', async () => {
    const { tokens } = setUp()
    const seen: (string | undefined)[] = []
    tokens.on('refreshed', ({ subject }) => seen.push(subject))
    await tokens.for('a').getToken()
    expect(seen).toEqual(['a'])
  })

  it('ends all waits when it is closed', async () => {
    const { clock, providerOf, tokens } = setUp()
    providerOf('a').delayMs = 1_000
    const asked = tokens.for('a').getToken()
    const handle = tokens.for('b')
    await handle.getToken()
    await Promise.all([expect(asked).rejects.toThrow(ClientClosedError), tokens.close()])
    await expect(handle.getToken()).rejects.toThrow(ClientClosedError)
    expect(handle.peekToken()).toBeUndefined()
    await clock.advance(1_000)
    expect(clock.pendingTimers).toBe(0)
  })

  it('closes all its tokens, though no provider of one can be made any more', async () => {
    const clock = new VirtualClock()
    const store = new SharedStore(clock)
    let isGone = false
    const provider = (subject: string): ScriptedProvider => {
      if (isGone && subject === 'a') throw new Error('no such tenant')
      return new ScriptedProvider(clock)
    }
    const { tokens } = setUp({ clock, provider, storage: store.connect() })
    for (const subject of ['a', 'b', 'c']) await tokens.for(subject).getToken()
    isGone = true
    await tokens.close()
    expect([...store.listeners.values()].map((listeners) => listeners.size)).toEqual([0, 0, 0])
    expect(clock.pendingTimers).toBe(0)
  })

  it('refuses wrong options by name', () => {
    expect(() => setUp({ maxEntries: 0 })).toThrow(/maxEntries/)
    expect(() => setUp({ idleMs: 0.5 })).toThrow(/idleMs/)
    expect(() => setUp({ provider: 7 as never })).toThrow(ConfigurationError)
    expect(() => setUp().tokens.for('')).toThrow(ConfigurationError)
  })
})
