import { describe, expect, it } from 'vitest'
import {
  AuthenticationError,
  CircuitOpenError,
  HttpStatusError,
  RateLimitError,
  ServerError,
  UnauthorizedError,
} from './fixtures/library.ts'
import { rejectionOf, setUp } from './fixtures/set-up.ts'

function details(status: number, data: unknown, headers: Readonly<Record<string, string>> = {}) {
  return { status, headers: new Headers(headers), body: JSON.stringify(data), data, retryable: status >= 429 }
}

/** What tells nothing about itself. */
function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

describe('a provider', () => {
  it('that throws synchronously is an AuthenticationError with the cause', async () => {
    const { provider, manager } = setUp()
    const cause = new TypeError('secret-123')
    provider.fetchToken = () => {
      throw cause
    }
    const error = await rejectionOf(manager.getToken())
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error).toMatchObject({ cause, retryable: true, message: 'no token for example-api: the provider failed (TypeError)' })
  })

  it.each([
    ['undefined', undefined, /object \(got undefined\)/],
    ['a string', 'token', /object \(got a string\)/],
    ['no access token', {}, /accessToken must be a string/],
    [
      "a server's answer as it is",
      { access_token: 'canary' },
      /accessToken must be a string .*; did you mean `TokenData\.fromResponse\(/,
    ],
    [
      'a scheme before the token',
      { accessToken: 'Bearer canary' },
      /accessToken must be the token alone, without a scheme before it/,
    ],
    ['an empty access token', { accessToken: '' }, /accessToken must not be empty/],
    ['a number for an access token', { accessToken: 7 }, /accessToken must be a string/],
    ['a line break in the access token', { accessToken: 'a\r\nx-evil: 1' }, /accessToken holds characters/],
    ['a non-ASCII access token', { accessToken: 'tökén' }, /accessToken holds characters/],
    ['seconds', { accessToken: 'x', expiresAt: 1_800_003_600 }, /expiresAt .* looks like seconds/],
    ['NaN', { accessToken: 'x', expiresAt: Number.NaN }, /expiresAt .* NaN/],
    ['a Date', { accessToken: 'x', expiresAt: new Date() }, /expiresAt .* a Date/],
    ['the redacted form of a Token', { accessToken: '[redacted]' }, /accessToken is the redacted form of a Token/],
    ['a token type with a line break', { accessToken: 'x', tokenType: 'Bearer\n' }, /tokenType holds characters/],
  ])('that gives %s is refused by name, without the value', async (_name, value, message) => {
    const { provider, manager } = setUp()
    provider.fetchToken = async () => value as never
    const error = await rejectionOf(manager.getToken())
    expect(error).toBeInstanceOf(AuthenticationError)
    expect((error as Error).message).toMatch(message)
    expect((error as AuthenticationError).retryable).toBe(false)
  })

  it.each<[string, () => unknown]>([
    ['an object with a proxy that was revoked', () => ({ accessToken: 'x', extra: revokedProxy() })],
    [
      'a member that throws',
      () => ({
        accessToken: 'x',
        extra: {
          get id(): string {
            throw new Error('secret-123')
          },
        },
      }),
    ],
  ])('that gives %s is told that its token cannot be read', async (_name, make) => {
    const { provider, manager } = setUp()
    provider.fetchToken = async () => make() as never
    const error = await rejectionOf(manager.getToken())
    expect(error).toBeInstanceOf(AuthenticationError)
    expect((error as Error).message).toMatch(/members that can be read/)
  })

  it.each<[string, () => unknown]>([
    ['a proxy that was revoked', revokedProxy],
    [
      'an error whose cause cannot be read',
      () =>
        Object.defineProperty(new AuthenticationError('x'), 'cause', {
          get: () => {
            throw new Error('y')
          },
        }),
    ],
  ])('that throws %s is an AuthenticationError', async (_name, make) => {
    const { provider, manager } = setUp()
    provider.fetchToken = async () => {
      throw make()
    }
    expect(await rejectionOf(manager.getToken())).toBeInstanceOf(AuthenticationError)
  })

  it.each([
    ['refreshToken', 'unreadable_refresh_token'],
    ['scope', 'unreadable_scope'],
  ])('that gives a number for a %s has its token used without it, and that is told', async (name, kind) => {
    const { provider, manager } = setUp()
    const kinds: string[] = []
    manager.on('deviation', (deviation) => kinds.push(deviation.kind))
    provider.fetchToken = async () => ({ accessToken: 'x', [name]: 5 })
    expect((await manager.getToken()).toData()).not.toHaveProperty(name)
    expect(kinds).toEqual([kind])
  })

  it('that gives junk for a refresh token is asked for a new token instead', async () => {
    const { clock, provider, manager } = setUp()
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.refreshes.push(async () => undefined as never)
    expect((await manager.getToken()).accessToken).toBe('token-2')
    expect(provider.presented).toEqual(['refresh-1'])
  })

  it.each([undefined, null])(
    'whose refreshToken gives %s instead of a promise has a refresh token sent once, not twice',
    async (given) => {
      const { provider, manager } = setUp({ onInDoubt: 'error' })
      provider.rotates = true
      await manager.getToken()
      provider.refreshToken = (current) => {
        provider.presented.push(current.refreshToken ?? '')
        return given as never
      }
      expect(await rejectionOf(manager.forceRefresh())).toMatchObject({ reason: 'refresh_lost' })
      expect(provider.presented).toEqual(['refresh-1'])
    },
  )

  it('whose revokeToken gives no promise has revoked when it returns', async () => {
    const { provider, manager } = setUp()
    await manager.getToken()
    provider.revokeToken = (current) => {
      provider.revoked.push(current)
      return undefined as never
    }
    await manager.revokeToken()
    expect(provider.revoked.map(({ accessToken }) => accessToken)).toEqual(['token-1'])
  })

  it('that gives expired tokens is asked once for all who wait, and again for the next', async () => {
    const { provider, manager, events } = setUp()
    provider.lifetimeMs = 0
    const tokens = await Promise.all([manager.getToken(), manager.getToken(), manager.getToken()])
    expect(new Set(tokens).size).toBe(1)
    expect(provider.fetchCount).toBe(1)
    expect(events.filter((name) => name === 'deviation')).toHaveLength(1)
    expect(manager.peekToken()).toBeUndefined()
    expect((await manager.getToken()).accessToken).toBe('token-2')
  })

  it('that gives a promise-less token is taken at its word', async () => {
    const { provider, manager } = setUp()
    provider.fetchToken = () => ({ accessToken: 'plain' }) as never
    expect((await manager.getToken()).accessToken).toBe('plain')
  })

  it('that keeps giving the same token with less time is not asked in a loop', async () => {
    const { clock, provider, manager } = setUp()
    const end = clock.now() + 100_000
    provider.fetchToken = async () => {
      provider.fetchCount += 1
      return { accessToken: 'same', expiresAt: end }
    }
    for (let tick = 0; tick < 980; tick += 1) {
      await manager.getToken()
      await clock.advance(100)
    }
    expect(provider.fetchCount).toBeLessThan(12)
  })

  it('that gives the rejected token again makes replaceToken reject, without a storm', async () => {
    const { provider, manager } = setUp()
    provider.fetches.push({ accessToken: 'same' }, { accessToken: 'same' }, { accessToken: 'same' })
    const rejected = await manager.getToken()
    const errors = await Promise.all(Array.from({ length: 50 }, () => rejectionOf(manager.replaceToken(rejected))))
    for (const error of errors) expect(error).toBeInstanceOf(AuthenticationError)
    await rejectionOf(manager.replaceToken(rejected))
    expect(provider.fetchCount).toBe(2)
  })

  it('gets the manager’s clock and may tell deviations', async () => {
    const { clock, provider, manager, events } = setUp()
    provider.fetches.push(async (context) => {
      context?.onDeviation?.({ kind: 'missing_token_type', detail: 'x' })
      return { accessToken: 'x', expiresAt: (context?.now?.() ?? 0) + 60_000 }
    })
    expect((await manager.getToken()).expiresAt).toBe(clock.now() + 60_000)
    expect(events).toContain('deviation')
  })
})

describe("a provider that lets the status errors of its HTTP client through has been answered: a session's refresh token", () => {
  it.each([
    ['a 401', new UnauthorizedError('401', details(401, {})), { retryable: false, retryAfterMs: 5_000 }],
    ['a 404', new HttpStatusError('404', details(404, undefined)), { retryable: false, retryAfterMs: 5_000 }],
    ['a 429', new RateLimitError('429', { ...details(429, {}), retryAfterMs: 7_000 }), { retryable: true, retryAfterMs: 7_000 }],
    ['a 503', new ServerError('503', details(503, {}, { 'retry-after': '9' })), { retryable: true, retryAfterMs: 9_000 }],
  ])('stays after %s, without a doubt', async (_name, thrown, expected) => {
    const { clock, provider, manager } = setUp({ onInDoubt: 'error' })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.loseGrant()
    provider.refreshes.push(thrown)
    const error = await rejectionOf(manager.getToken())
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error).toMatchObject({ ...expected, serviceName: 'example-api', requestSent: true })
    await clock.advance(expected.retryAfterMs)
    expect((await manager.getToken()).refreshToken).toBe('refresh-2')
  })

  it('is dead after an invalid_grant in the body', async () => {
    const { clock, provider, manager } = setUp()
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.loseGrant()
    provider.refreshes.push(new HttpStatusError('400', details(400, { error: 'invalid_grant', error_description: 'token-1' })))
    const error = await rejectionOf(manager.getToken())
    expect(error).toMatchObject({ reason: 'refresh_rejected', oauthError: 'invalid_grant', oauthErrorDescription: undefined })
  })

  it('stays unsent while a circuit is open', async () => {
    const { clock, provider, manager } = setUp({ onInDoubt: 'error' })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.loseGrant()
    provider.refreshes.push(new CircuitOpenError('the circuit is open', { retryAfterMs: 3_000 }))
    expect(await rejectionOf(manager.getToken())).toMatchObject({ retryable: true, retryAfterMs: 3_000 })
    await clock.advance(3_000)
    expect((await manager.getToken()).refreshToken).toBe('refresh-2')
  })
})

describe('an AuthenticationError of a provider, without a code', () => {
  it.each([
    ['neither may pass nor says when', {}, 5_000],
    ['may pass', { retryable: true }, 125],
    ['says when', { retryAfterMs: 700 }, 700],
  ])('that %s pauses for as long as that means', async (_name, said, pauseMs) => {
    const { provider, manager } = setUp()
    provider.fetches.push(new AuthenticationError('no', said))
    expect(await rejectionOf(manager.getToken())).toMatchObject({ retryAfterMs: pauseMs })
  })
})
