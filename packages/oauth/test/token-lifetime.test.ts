import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { measureLifetime, skewMs } from '../src/token-lifetime.ts'
import { PlainStorage } from './fixtures/plain-storage.ts'
import { setUp } from './fixtures/set-up.ts'

const rules = { now: 1_800_000_000_000, monotonic: 5_000, random: () => 0.5, defaultLifetimeMs: 3_600_000, renewAhead: true }
const day = 86_400_000

function jwt(claims: object): string {
  return `${btoa('{}')}.${btoa(JSON.stringify(claims)).replaceAll('=', '')}.sig`
}

describe('a lifetime', () => {
  it('of 20 s is cached and used for 18 s', async () => {
    const { clock, provider, manager } = setUp({ renewAhead: false })
    provider.lifetimeMs = 20_000
    await manager.getToken()
    await clock.advance(17_999)
    expect(manager.peekToken()?.accessToken).toBe('token-1')
    await clock.advance(1)
    expect(manager.peekToken()).toBeUndefined()
  })

  it('of 200 s costs one fetch for 11 gets one after another', async () => {
    const { clock, provider, manager } = setUp()
    provider.lifetimeMs = 200_000
    for (let get = 0; get < 11; get += 1) {
      await manager.getToken()
      await clock.advance(10_000)
    }
    expect(provider.fetchCount).toBe(1)
  })

  it('is due within its bounds for every lifetime and every draw', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2_000, max: 400 * day }),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        (lifeMs, draw) => {
          const { dueAt, expiredAt } = measureLifetime(
            { accessToken: 'x', expiresAt: rules.now + lifeMs },
            { ...rules, random: () => draw },
          )
          const wholeMs = Math.min(lifeMs, 365 * day)
          const due = dueAt - rules.monotonic
          expect(expiredAt - rules.monotonic).toBeCloseTo(wholeMs - Math.min(30_000, wholeMs / 10), 5)
          if (wholeMs > 3_600_000) {
            expect(due).toBeGreaterThanOrEqual(wholeMs - 300_000)
            expect(due).toBeLessThanOrEqual(wholeMs - 90_000)
          } else {
            expect(due).toBeGreaterThanOrEqual(wholeMs * 0.75 - 0.001)
            expect(due).toBeLessThanOrEqual(Math.min(wholeMs * 0.9, wholeMs - skewMs(wholeMs) - wholeMs * 0.025) + 0.001)
          }
        },
      ),
    )
  })

  it('follows the server’s own wish for renewal', () => {
    const token = { accessToken: 'x', expiresAt: rules.now + 3_600_000, refreshAt: rules.now + 600_000 }
    expect(measureLifetime(token, rules).dueAt).toBe(rules.monotonic + 600_000)
  })

  it('is drawn once, so that asking does not move it', async () => {
    let draws = 0
    const random = (): number => {
      draws += 1
      return draws / 1_000
    }
    const { manager } = setUp({ random })
    await manager.getToken()
    const before = draws
    for (let call = 0; call < 10; call += 1) await manager.getToken()
    expect(draws).toBe(before)
  })

  it('that nobody told is one hour, flagged, or what a JWT says', async () => {
    const { clock, provider, manager } = setUp({ renewAhead: false })
    provider.fetches.push(
      { expiresAt: undefined },
      { expiresAt: undefined, accessToken: jwt({ exp: clock.now() / 1_000 + 4_000 }) },
    )
    const token = await manager.getToken()
    expect([token.expiresAt, token.lifetimeAssumed]).toEqual([undefined, true])
    await clock.advance(3_570_000)
    expect(token.isExpired).toBe(true)
    await manager.getToken()
    await clock.advance(429_999 - 30_000 - 1)
    expect(manager.peekToken()).toBeDefined()
    await clock.advance(31_000)
    expect(manager.peekToken()).toBeUndefined()
  })

  it('of a thousand years is clamped to one, and sets no timer', async () => {
    const { clock, provider, manager } = setUp()
    provider.lifetimeMs = 1_000 * 365 * day
    const token = await manager.getToken()
    expect(token.expiresAt).toBe(clock.now() + 365 * day)
    expect(clock.pendingTimers).toBe(0)
  })

  it('does not move when the wall clock jumps', async () => {
    const { clock, provider, manager } = setUp({ renewAhead: false })
    await manager.getToken()
    clock.jumpWall(7_200_000)
    expect(manager.peekToken()?.accessToken).toBe('token-1')
    clock.jumpWall(-14_400_000)
    await clock.advance(3_570_000)
    expect(manager.peekToken()).toBeUndefined()
    expect(provider.fetchCount).toBe(1)
  })

  it('of a stored token from the future begins now', async () => {
    const storage = new PlainStorage()
    const { clock, manager, provider } = setUp({ storage, renewAhead: false })
    await manager.getToken()
    const [key = ''] = storage.entries.keys()
    storage.entries.set(key, { accessToken: 'ahead', issuedAt: clock.now() + day, expiresAt: clock.now() + day + 60_000 })
    await clock.advance(3_600_000)
    expect((await manager.getToken()).accessToken).toBe('ahead')
    await clock.advance(54_000)
    expect((await manager.getToken()).accessToken).toBe('token-2')
    expect(provider.fetchCount).toBe(2)
  })

  it('of a stored token that has ended is renewed', async () => {
    const storage = new PlainStorage()
    const { clock, manager } = setUp({ storage })
    await manager.getToken()
    const [key = ''] = storage.entries.keys()
    storage.entries.set(key, { accessToken: 'old', issuedAt: clock.now() - day, expiresAt: clock.now() - 1 })
    const { manager: other } = setUp({ storage, clock })
    expect((await other.getToken()).accessToken).toBe('token-1')
  })
})
