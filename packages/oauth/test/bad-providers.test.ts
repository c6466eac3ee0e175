import { describe, expect, it } from 'vitest'
import { AuthenticationError } from './fixtures/library.ts'
import { rejectionOf, setUp } from './fixtures/set-up.ts'

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
    ['an empty access token', { accessToken: '' }, /accessToken must not be empty/],
    ['a number for an access token', { accessToken: 7 }, /accessToken must be a string/],
    ['a line break in the access token', { accessToken: 'a\r\nx-evil: 1' }, /accessToken holds characters/],
    ['a non-ASCII access token', { accessToken: 'tökén' }, /accessToken holds characters/],
    ['seconds', { accessToken: 'x', expiresAt: 1_800_003_600 }, /expiresAt .* looks like seconds/],
    ['NaN', { accessToken: 'x', expiresAt: Number.NaN }, /expiresAt .* NaN/],
    ['a Date', { accessToken: 'x', expiresAt: new Date() }, /expiresAt .* a Date/],
    ['a token type with a line break', { accessToken: 'x', tokenType: 'Bearer\n' }, /tokenType holds characters/],
  ])('that gives %s is refused by name, without the value', async (_name, value, message) => {
    const { provider, manager } = setUp()
    provider.fetchToken = async () => value as never
    const error = await rejectionOf(manager.getToken())
    expect(error).toBeInstanceOf(AuthenticationError)
    expect((error as Error).message).toMatch(message)
    expect((error as AuthenticationError).retryable).toBe(false)
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
