import { AuthenticationError } from '@requestforge/core/errors'
import { TokenManager } from '@requestforge/oauth'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fakeToken, ManualClock, MockTokenProvider } from '../src/index.ts'

function managerOf(provider: MockTokenProvider, clock?: ManualClock): TokenManager {
  const manager = new TokenManager({ provider, clock })
  onTestFinished(() => manager.close())
  return manager
}

describe('fakeToken', () => {
  it('lives an hour, and is another each time', () => {
    const clock = new ManualClock({ now: 1_000 })
    expect(fakeToken({ clock })).toMatchObject({ tokenType: 'Bearer', expiresAt: 3_601_000 })
    expect(fakeToken().accessToken).not.toBe(fakeToken().accessToken)
  })

  it('is what it is told to be, and has no member that it was not given', () => {
    expect(Object.keys(fakeToken())).toEqual(['accessToken', 'tokenType', 'expiresAt'])
    const told = { accessToken: 'a', tokenType: 'DPoP', refreshToken: 'r', scope: 'read', extra: { tenant: 7 } }
    expect(fakeToken(told)).toMatchObject(told)
  })

  it('may have expired', () => {
    const { expiresAt = 0 } = fakeToken({ expiresInMs: -1_000 })
    expect(expiresAt).toBeLessThan(Date.now())
  })

  it('names what is wrong', () => {
    expect(() => fakeToken({ expiresInMs: 0.5 })).toThrow(/expiresInMs/)
    expect(() => fakeToken({ expiresIn: 1 } as object)).toThrow(/unknown option `expiresIn`/)
  })
})

describe('MockTokenProvider', () => {
  it('gives its tokens one after the other, and the last one again and again', async () => {
    const provider = new MockTokenProvider({ tokens: [fakeToken({ accessToken: 'a' }), fakeToken({ accessToken: 'b' })] })
    const given = [await provider.fetchToken(), await provider.fetchToken(), await provider.fetchToken()]
    expect(given.map(({ accessToken }) => accessToken)).toEqual(['a', 'b', 'b'])
    expect(provider.fetchCount).toBe(3)
  })

  it('gives numbered tokens where it was given none', async () => {
    const provider = new MockTokenProvider()
    expect([(await provider.fetchToken()).accessToken, (await provider.fetchToken()).accessToken]).toEqual([
      'mock-token-1',
      'mock-token-2',
    ])
  })

  it('is refreshed where a token carries a refresh token, and keeps what it was handed', async () => {
    const tokens = [fakeToken({ refreshToken: 'r1' }), fakeToken({ refreshToken: 'r2' })]
    const provider = new MockTokenProvider({ tokens })
    const manager = managerOf(provider)
    await manager.getToken()
    await manager.forceRefresh()
    expect([provider.fetchCount, provider.refreshCount]).toEqual([1, 1])
    expect(provider.calls[1]).toMatchObject({ kind: 'refresh', current: { refreshToken: 'r1' } })
  })

  it('fails the first calls as told; an undefined lets one pass', async () => {
    const provider = new MockTokenProvider({ failures: [new Error('one'), undefined, new Error('three')] })
    await expect(provider.fetchToken()).rejects.toThrow('one')
    await provider.fetchToken()
    await expect(provider.fetchToken()).rejects.toThrow('three')
    await provider.fetchToken()
    expect(provider.fetchCount).toBe(4)
  })

  it('it can fail for ever', async () => {
    const provider = new MockTokenProvider({ failures: Number.MAX_SAFE_INTEGER })
    for (let call = 0; call < 3; call += 1) await expect(provider.fetchToken()).rejects.toMatchObject({ retryable: true })
  })

  it('a number of failures are AuthenticationErrors that may pass; failNext adds one', async () => {
    const provider = new MockTokenProvider({ failures: 1, serviceName: 'api' })
    provider.failNext(new Error('later'))
    const error = await provider.fetchToken().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error).toMatchObject({ serviceName: 'api', retryable: true })
    await expect(provider.fetchToken()).rejects.toThrow('later')
  })

  it('takes its time on the clock; callers of a manager share the call', async () => {
    const clock = new ManualClock()
    const provider = new MockTokenProvider({ delayMs: 300, clock })
    const manager = managerOf(provider, clock)
    const tokens = Promise.all(Array.from({ length: 200 }, () => manager.getToken()))
    await clock.advance(300)
    expect(new Set((await tokens).map(({ accessToken }) => accessToken))).toEqual(new Set(['mock-token-1']))
    expect(provider.fetchCount).toBe(1)
  })

  it("an abort ends its delay at once, with the signal's reason", async () => {
    const controller = new AbortController()
    const clock = new ManualClock()
    const fetched = new MockTokenProvider({ delayMs: 300, clock }).fetchToken({ signal: controller.signal })
    controller.abort('enough')
    await expect(fetched).rejects.toBe('enough')
    expect(clock.pendingTimers).toEqual([])
  })

  it('counts revocations', async () => {
    const provider = new MockTokenProvider()
    const manager = managerOf(provider)
    await manager.getToken()
    await manager.revokeToken()
    expect(provider.revokeCount).toBe(1)
  })

  it.each([
    [{ tokens: [] }, /tokens must have at least one/],
    [{ tokens: [{ access_token: 'a' }] }, /accessToken/],
    [{ failures: -1 }, /failures/],
    [{ delayMs: 0.5 }, /delayMs/],
    [{ token: {} }, /unknown option `token`/],
  ])('names what is wrong with %j', (options, message) => {
    expect(() => new MockTokenProvider(options as object)).toThrow(message)
  })
})
