import { describe, expect, it } from 'vitest'
import { AuthenticationError } from './fixtures/library.ts'
import { hang, PlainStorage } from './fixtures/plain-storage.ts'
import { rejectionOf, setUp, unavailable } from './fixtures/set-up.ts'
import { SharedStore } from './fixtures/shared-store.ts'
import { VirtualClock } from './fixtures/virtual-clock.ts'

describe('the one renewal', () => {
  it('goes on for the others when its first caller aborts, with the signal’s own reason', async () => {
    const { clock, provider, manager } = setUp()
    provider.delayMs = 100
    const abort = new AbortController()
    const first = rejectionOf(manager.getToken({ signal: abort.signal }))
    const others = [manager.getToken(), manager.getToken()]
    await clock.advance(10)
    const reason = new Error('enough')
    abort.abort(reason)
    expect(await first).toBe(reason)
    await clock.advance(100)
    for (const token of await Promise.all(others)) expect(token.accessToken).toBe('token-1')
    expect(provider.fetchCount).toBe(1)
  })

  it('is not started for an aborted signal, even when a token is at hand', async () => {
    const { provider, manager } = setUp()
    const signal = AbortSignal.abort('no')
    expect(await rejectionOf(manager.getToken({ signal }))).toBe('no')
    expect(await rejectionOf(manager.forceRefresh({ signal }))).toBe('no')
    expect(provider.fetchCount).toBe(0)
    await manager.getToken()
    expect(await rejectionOf(manager.getToken({ signal }))).toBe('no')
  })

  it('leaves no listener on a long-lived signal', async () => {
    const { manager } = setUp()
    const { signal } = new AbortController()
    let listeners = 0
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
      listeners += 1
      addEventListener.apply(signal, given)
    }
    signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
      listeners -= 1
      removeEventListener.apply(signal, given)
    }
    for (let call = 0; call < 100; call += 1) await manager.forceRefresh({ signal })
    await manager.getToken({ signal })
    expect(listeners).toBe(0)
  })

  it('is shared by time, rejection and force', async () => {
    const { clock, provider, manager, events } = setUp()
    const rejected = await manager.getToken()
    await clock.advance(3_000_000)
    provider.delayMs = 30
    await manager.getToken()
    const all = Promise.all([manager.forceRefresh(), manager.replaceToken(rejected), manager.forceRefresh()])
    await clock.advance(30)
    for (const token of await all) expect(token.accessToken).toBe('token-2')
    expect(provider.fetchCount).toBe(2)
    expect(events.filter((name) => name === 'renewal-joined')).toHaveLength(3)
  })

  it.each([
    ['a plain storage', () => new PlainStorage()],
    ['a shared storage', (clock: VirtualClock) => new SharedStore(clock).connect()],
  ])('that only found a token in %s is not what a forced caller takes', async (_name, connect) => {
    const clock = new VirtualClock()
    const storage = connect(clock)
    const { provider, manager } = setUp({ clock, storage })
    await manager.getToken()
    const { manager: fresh } = setUp({ clock, storage, provider })
    const [found, ...forced] = await Promise.all([fresh.getToken(), fresh.forceRefresh(), fresh.forceRefresh()])
    expect(found?.accessToken).toBe('token-1')
    expect(forced.map((token) => token.accessToken)).toEqual(['token-2', 'token-2'])
    expect(provider.fetchCount).toBe(2)
  })

  it('is joined by 200 callers who share its failure', async () => {
    const { provider, manager } = setUp()
    provider.fetches.push(unavailable())
    const errors = await Promise.all(Array.from({ length: 200 }, () => rejectionOf(manager.getToken())))
    for (const error of errors) expect(error).toBeInstanceOf(AuthenticationError)
    expect(provider.fetchCount).toBe(1)
  })

  it('has a caller of its own limit time out alone', async () => {
    const { clock, provider, manager } = setUp()
    provider.delayMs = 300
    const deadline = new AbortController()
    const impatient = rejectionOf(manager.getToken({ signal: deadline.signal }))
    await clock.advance(50)
    deadline.abort(new Error('50 ms'))
    await impatient
    await clock.advance(250)
    expect(manager.peekToken()?.accessToken).toBe('token-1')
  })
})

describe('an API that rejects every token', () => {
  it('makes one renewal in each second at most, and the first at once', async () => {
    const { clock, provider, manager } = setUp()
    await manager.getToken()
    let refused = 0
    for (let tick = 0; tick < 100; tick += 1) {
      const token = await manager.getToken()
      await manager.replaceToken(token).catch((error: AuthenticationError) => {
        refused += 1
        expect(error.retryAfterMs).toBeGreaterThan(0)
      })
      await clock.advance(50)
    }
    expect(provider.fetchCount).toBe(6)
    expect(refused).toBe(95)
  })

  it('does not slow forceRefresh down', async () => {
    const { provider, manager } = setUp()
    for (let call = 0; call < 5; call += 1) await manager.forceRefresh()
    expect(provider.fetchCount).toBe(5)
  })

  it('is asked once more with a young token where that is switched on', async () => {
    const { clock, provider, manager } = setUp({ retryYoungerThanMs: 5_000 })
    const token = await manager.getToken()
    expect(await manager.replaceToken(token)).toBe(token)
    expect((await manager.replaceToken(token)).accessToken).toBe('token-2')
    await clock.advance(5_000)
    const next = await manager.getToken()
    expect((await manager.replaceToken(next)).accessToken).toBe('token-3')
    expect(provider.fetchCount).toBe(3)
  })
})

describe('renewAhead: false', () => {
  it('uses a token until it expires, and renews then', async () => {
    const { clock, provider, manager } = setUp({ renewAhead: false })
    await manager.getToken()
    await clock.advance(3_569_999)
    await manager.getToken()
    await clock.advance(0)
    expect(provider.fetchCount).toBe(1)
    await clock.advance(1)
    expect((await manager.getToken()).accessToken).toBe('token-2')
  })
})

describe('a background renewal', () => {
  it('that never ends is given up after 10 s, and the token is handed out all the while', async () => {
    const { clock, provider, manager, events } = setUp()
    await manager.getToken()
    await clock.advance(3_000_000)
    provider.fetches.push(hang)
    await manager.getToken()
    for (let second = 0; second < 12; second += 1) {
      expect((await manager.getToken()).accessToken).toMatch(/^token-/)
      await clock.advance(1_000)
    }
    expect(events.filter((name) => name === 'refresh-failed')).toHaveLength(1)
    expect((await manager.getToken()).accessToken).toBe('token-2')
  })
})

describe('after a token that a rejection brought is rejected too, within a second', () => {
  it.each([
    ['a plain storage', () => new PlainStorage()],
    ['a shared storage', (clock: VirtualClock) => new SharedStore(clock).connect()],
  ])("replaceToken takes what another process has put into %s, and doesn't ask the provider", async (_name, connect) => {
    const clock = new VirtualClock()
    const storage = connect(clock)
    const { provider, manager } = setUp({ clock, storage })
    const rejected = await manager.replaceToken(await manager.getToken())
    const [key = ''] = storage instanceof PlainStorage ? storage.entries.keys() : storage.store.records.keys()
    const read = storage.get.bind(storage)
    storage.get = async (name) => {
      expect(name).toBe(key)
      await read(name)
      return { accessToken: 'theirs', issuedAt: clock.now(), expiresAt: clock.now() + 60_000 }
    }
    const calls = storage.calls.length
    const tokens = await Promise.all(Array.from({ length: 50 }, () => manager.replaceToken(rejected)))
    expect(new Set(tokens.map((token) => token.accessToken))).toEqual(new Set(['theirs']))
    expect([provider.fetchCount, storage.calls.slice(calls)]).toEqual([2, ['get']])
  })

  it('replaceToken rejects at once where nobody has another one', async () => {
    const { provider, manager } = setUp({ storage: new PlainStorage() })
    const rejected = await manager.replaceToken(await manager.getToken())
    expect(await rejectionOf(manager.replaceToken(rejected))).toMatchObject({ rejectedAgain: true, retryAfterMs: 1_000 })
    expect(provider.fetchCount).toBe(2)
  })
})
