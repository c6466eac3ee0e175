import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PasswordGrantTokenProvider, RequestTimeoutError, TokenManager } from './fixtures/library.ts'
import { rejectionOf } from './fixtures/set-up.ts'
import { VirtualClock } from './fixtures/virtual-clock.ts'

const grants: string[] = []
const answers: ((response: Response) => void)[] = []

/** Answers each request when the test says so. */
function provider(more: object = {}): PasswordGrantTokenProvider {
  return new PasswordGrantTokenProvider({
    tokenUrl: 'https://auth.example.com/token',
    clientId: 'id',
    clientSecret: 's',
    serviceName: 'example-api',
    username: 'u',
    password: 'p',
    fetch: (_url, init) => {
      grants.push(String(new URLSearchParams(String(init.body)).get('grant_type')))
      return new Promise((resolve) => answers.push(resolve))
    },
    ...more,
  })
}

function answer(number: number): void {
  const body = { access_token: `access-${number}`, token_type: 'Bearer', expires_in: 3_600, refresh_token: `refresh-${number}` }
  answers.shift()?.(Response.json(body))
}

/** Both scales: the manager's clock, and the platform's timers that a provider uses. */
async function pass(clock: VirtualClock, byMs: number): Promise<void> {
  await clock.advance(byMs)
  await vi.advanceTimersByTimeAsync(byMs)
  await clock.advance(0)
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  grants.length = 0
  answers.length = 0
})
afterEach(() => vi.useRealTimers())

describe('a refresh token that has been sent by a provider of this package', () => {
  it('is waited for beyond the 10 s of the callers, and the late answer is kept', async () => {
    const clock = new VirtualClock()
    const manager = new TokenManager({ provider: provider(), clock, random: () => 0.5 })
    const first = manager.getToken()
    await pass(clock, 1)
    answer(1)
    await first
    const forced = rejectionOf(manager.forceRefresh())
    await pass(clock, 10_000)
    expect(await forced).toBeInstanceOf(RequestTimeoutError)
    await pass(clock, 2_000)
    answer(2)
    await pass(clock, 1)
    expect((await manager.getToken()).refreshToken).toBe('refresh-2')
    expect(grants).toEqual(['password', 'refresh_token'])
  })

  it.each([
    ['timeoutMs left out', 60_000, {}],
    ['a shorter timeoutMs', 60_000, { timeoutMs: 500 }],
    ['a longer timeoutMs', 90_000, { timeoutMs: 90_000 }],
  ])('is given up with %s after %d ms', async (_name, limitMs, options) => {
    let isSettled = false
    const current = { accessToken: 'a', refreshToken: 'r' }
    const refreshed = rejectionOf(provider(options).refreshToken(current)).finally(() => {
      isSettled = true
    })
    await vi.advanceTimersByTimeAsync(limitMs - 1)
    expect(isSettled).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await refreshed).toMatchObject({ requestSent: true, cause: { timeoutMs: limitMs } })
  })

  it('is waited for without an end where timeoutMs is 0', async () => {
    const refreshed = provider({ timeoutMs: 0 }).refreshToken({ accessToken: 'a', refreshToken: 'r' })
    await vi.advanceTimersByTimeAsync(3_600_000)
    answer(2)
    expect((await refreshed).refreshToken).toBe('refresh-2')
  })
})

describe('a password that has been sent', () => {
  it('is not waited for any longer than timeoutMs', async () => {
    const fetched = rejectionOf(provider().fetchToken())
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await fetched).toMatchObject({ requestSent: true, cause: { timeoutMs: 10_000 } })
  })
})
