import { describe, expect, it } from 'vitest'
import { AuthenticationError, ReauthenticationRequiredError, RequestTimeoutError } from './fixtures/library.ts'
import { hang } from './fixtures/plain-storage.ts'
import { lost, oauthFailure, refused, rejectionOf, setUp, unavailable } from './fixtures/set-up.ts'

describe('when the server cannot now', () => {
  it('answers everybody at once with the remembered error until the next try is due', async () => {
    const { clock, provider, manager } = setUp()
    provider.fetches.push(unavailable())
    const first = await rejectionOf(manager.getToken())
    expect(first).toMatchObject({ retryable: true, retryAfterMs: 125, attempts: 1, serviceName: 'example-api' })
    await clock.advance(124)
    expect(await rejectionOf(manager.getToken())).toMatchObject({ retryAfterMs: 1 })
    expect(provider.fetchCount).toBe(1)
    await clock.advance(1)
    expect((await manager.getToken()).accessToken).toBe('token-1')
  })

  it('doubles the pause, up to 30 s', async () => {
    const { clock, provider, manager } = setUp()
    const pauses: (number | undefined)[] = []
    for (let attempt = 0; attempt < 10; attempt += 1) {
      provider.fetches.push(unavailable())
      const error = (await rejectionOf(manager.getToken())) as AuthenticationError
      pauses.push(error.retryAfterMs)
      await clock.advance(error.retryAfterMs ?? 0)
    }
    expect(pauses).toEqual([125, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
  })

  it.each([
    [7_000, 7_000],
    [99_999_999_999_000, 300_000],
    [Number.POSITIVE_INFINITY, 300_000],
    [0, 125],
    [-5, 125],
    [Number.NaN, 125],
  ])('obeys Retry-After of %d ms by waiting %d ms', async (retryAfterMs, waits) => {
    const { clock, provider, manager } = setUp()
    provider.fetches.push(unavailable(retryAfterMs))
    await rejectionOf(manager.getToken())
    await clock.advance(waits - 1)
    await rejectionOf(manager.getToken())
    expect(provider.fetchCount).toBe(1)
    await clock.advance(1)
    await manager.getToken()
  })

  it('serves the valid token, and tells the failure of the background as an event alone', async () => {
    const { clock, provider, manager, events } = setUp()
    await manager.getToken()
    await clock.advance(3_000_000)
    for (let attempt = 0; attempt < 10; attempt += 1) provider.fetches.push(unavailable())
    for (let second = 0; second < 100; second += 1) {
      expect((await manager.getToken()).accessToken).toBe('token-1')
      await clock.advance(100)
    }
    expect(provider.fetchCount).toBeLessThan(9)
    expect(events.filter((name) => name === 'refresh-failed')).toHaveLength(provider.fetchCount - 1)
  })

  it('gives the last real error, with attempts and next try, when the token has expired meanwhile', async () => {
    const { clock, provider, manager } = setUp()
    await manager.getToken()
    await clock.advance(3_000_000)
    provider.fetches.push(unavailable(), unavailable(600_000))
    await manager.getToken()
    await clock.advance(500_000)
    await manager.getToken()
    await clock.advance(100_000)
    const error = await rejectionOf(manager.getToken())
    expect(error).toMatchObject({ message: 'the server is busy', attempts: 2, retryAfterMs: 200_000 })
  })

  it('holds for replaceToken, not for forceRefresh', async () => {
    const { provider, manager } = setUp()
    const rejected = await manager.getToken()
    provider.fetches.push(unavailable())
    await rejectionOf(manager.replaceToken(rejected))
    await rejectionOf(manager.replaceToken(rejected))
    expect(provider.fetchCount).toBe(2)
    expect((await manager.getToken()).accessToken).toBe('token-1')
    expect((await manager.forceRefresh()).accessToken).toBe('token-2')
  })

  it('keeps the old token when forceRefresh fails', async () => {
    const { provider, manager } = setUp()
    await manager.getToken()
    provider.fetches.push(unavailable())
    await rejectionOf(manager.forceRefresh())
    expect((await manager.getToken()).accessToken).toBe('token-1')
  })
})

describe('when a busy server names an OAuth error in its answer', () => {
  it.each(['invalid_grant', 'invalid_client', 'server_error'])(
    'the session stays, and Retry-After is obeyed, though it says %s',
    async (oauthError) => {
      const { clock, provider, manager } = setUp()
      provider.rotates = true
      await manager.getToken()
      await clock.advance(3_600_000)
      provider.loseGrant()
      const details = { oauthError, retryable: true, requestSent: true, retryAfterMs: 7_000 }
      provider.refreshes.push(new AuthenticationError('the server is busy', details))
      expect(await rejectionOf(manager.getToken())).toMatchObject({ retryable: true, retryAfterMs: 7_000, oauthError })
      await clock.advance(6_999)
      await rejectionOf(manager.getToken())
      expect(provider.refreshCount).toBe(1)
      await clock.advance(1)
      expect((await manager.getToken()).refreshToken).toBe('refresh-2')
    },
  )
})

describe('when the server never will', () => {
  it.each(['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope'])(
    'fails fast on %s, 5 s doubling to 60 s',
    async (code) => {
      const { clock, provider, manager } = setUp()
      for (const waits of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
        provider.fetches.push(oauthFailure(code))
        const before = provider.fetchCount
        expect(await rejectionOf(manager.getToken())).toMatchObject({ retryable: false, oauthError: code })
        await clock.advance(waits - 1)
        await rejectionOf(manager.getToken())
        expect(provider.fetchCount).toBe(before + 1)
        await clock.advance(1)
      }
      await manager.getToken()
    },
  )
})

describe('when the server gives refresh tokens and takes none', () => {
  it.each(['unauthorized_client', 'unsupported_grant_type', 'bad_refresh_token'])(
    'a client that can fetch is told so, and fetches with the next try (%s)',
    async (code) => {
      const { clock, provider, manager } = setUp()
      provider.rotates = true
      provider.canFetch = true
      await manager.getToken()
      for (const number of [2, 3]) {
        await clock.advance(3_600_000)
        provider.refreshes.push(oauthFailure(code))
        expect(await rejectionOf(manager.getToken())).toMatchObject({ oauthError: code, retryable: false })
        await clock.advance(5_000)
        expect((await manager.getToken()).accessToken).toBe(`token-${number}`)
      }
      expect(provider.presented).toEqual(['refresh-1', 'refresh-2'])
    },
  )

  it('a session that only a refresh token renews is kept, and told the code', async () => {
    const { clock, provider, manager } = setUp()
    provider.rotates = true
    await manager.getToken()
    provider.loseGrant()
    provider.canFetch = false
    await clock.advance(3_600_000)
    provider.refreshes.push(oauthFailure('unauthorized_client'))
    expect(await rejectionOf(manager.getToken())).toMatchObject({ oauthError: 'unauthorized_client', retryable: false })
    await clock.advance(5_000)
    expect((await manager.getToken()).refreshToken).toBe('refresh-2')
  })

  it.each(['invalid_client', 'invalid_scope'])('what every grant would be told costs one request (%s)', async (code) => {
    const { clock, provider, manager } = setUp()
    provider.rotates = true
    provider.canFetch = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.refreshes.push(oauthFailure(code))
    expect(await rejectionOf(manager.getToken())).toMatchObject({ oauthError: code })
    expect(provider.fetchCount).toBe(1)
  })
})

describe('when failures of another kind follow', () => {
  it('a first refusal for good pauses 5 s, however often the server was busy before', async () => {
    const { clock, provider, manager } = setUp()
    for (let attempt = 0; attempt < 5; attempt += 1) {
      provider.fetches.push(unavailable())
      await clock.advance(((await rejectionOf(manager.getToken())) as AuthenticationError).retryAfterMs ?? 0)
    }
    provider.fetches.push(oauthFailure('invalid_client'))
    expect(await rejectionOf(manager.getToken())).toMatchObject({ retryAfterMs: 5_000, attempts: 6 })
  })

  it('a first busy answer pauses 250 ms at most, however often the server refused before', async () => {
    const { clock, provider, manager } = setUp()
    for (const waits of [5_000, 10_000, 20_000, 40_000]) {
      provider.fetches.push(oauthFailure('invalid_client'))
      await rejectionOf(manager.getToken())
      await clock.advance(waits)
    }
    provider.fetches.push(unavailable())
    expect(await rejectionOf(manager.getToken())).toMatchObject({ retryAfterMs: 125, attempts: 5 })
  })

  it('busy answers and connections that fail double one pause', async () => {
    const { clock, provider, manager } = setUp()
    const pauses: (number | undefined)[] = []
    for (const failure of [unavailable(), lost(), unavailable(), lost()]) {
      provider.fetches.push(failure)
      const { retryAfterMs } = (await rejectionOf(manager.getToken())) as AuthenticationError
      pauses.push(retryAfterMs)
      await clock.advance(retryAfterMs ?? 0)
    }
    expect(pauses).toEqual([125, 250, 500, 1_000])
  })
})

describe('when nothing was sent', () => {
  it('tries once more inside the attempt', async () => {
    const { provider, manager } = setUp()
    provider.fetches.push(refused())
    expect((await manager.getToken()).accessToken).toBe('token-1')
    expect(provider.fetchCount).toBe(2)
  })

  it('then backs off', async () => {
    const { clock, provider, manager } = setUp()
    provider.fetches.push(refused(), refused(), refused())
    expect(await rejectionOf(manager.getToken())).toMatchObject({ retryAfterMs: 250, attempts: 2, requestSent: false })
    await rejectionOf(manager.getToken())
    expect(provider.fetchCount).toBe(2)
    await clock.advance(250)
    await rejectionOf(manager.getToken())
    expect(provider.fetchCount).toBe(3)
  })
})

describe('when nobody answers', () => {
  it('releases the waiters after 10 s, and the next call asks again', async () => {
    const { clock, provider, manager } = setUp()
    provider.fetches.push(hang)
    const waiting = rejectionOf(manager.getToken())
    await clock.advance(9_999)
    expect(provider.contexts[0]?.signal?.aborted).toBe(false)
    await clock.advance(1)
    const error = await waiting
    expect(error).toBeInstanceOf(RequestTimeoutError)
    expect(error).toMatchObject({ phase: 'token', timeoutMs: 10_000, retryable: true })
    expect(provider.contexts[0]?.signal?.aborted).toBe(true)
    expect((await manager.getToken()).accessToken).toBe('token-1')
  })

  it('still takes the late answer to a refresh token, up to 60 s', async () => {
    const { clock, provider, manager } = setUp()
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.delayMs = 40_000
    const waiting = rejectionOf(manager.getToken())
    await clock.advance(10_000)
    expect(await waiting).toBeInstanceOf(RequestTimeoutError)
    expect(await rejectionOf(manager.getToken())).toBeInstanceOf(RequestTimeoutError)
    await clock.advance(30_000)
    expect((await manager.getToken()).refreshToken).toBe('refresh-2')
    expect(provider.presented).toEqual(['refresh-1'])
  })
})

describe('when a refresh token is rejected', () => {
  it('falls back to fetchToken, once', async () => {
    const { clock, provider, manager } = setUp()
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.refreshes.push(oauthFailure('invalid_grant'))
    expect((await manager.getToken()).accessToken).toBe('token-2')
    expect([provider.fetchCount, provider.refreshCount]).toEqual([2, 1])
  })

  it('asks for a new login where nothing else can mint', async () => {
    const { clock, provider, manager } = setUp()
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.refreshes.push(oauthFailure('invalid_grant'))
    provider.loseGrant()
    const error = await rejectionOf(manager.getToken())
    expect(error).toBeInstanceOf(ReauthenticationRequiredError)
    expect(error).toMatchObject({ reason: 'refresh_rejected', oauthError: 'invalid_grant', retryable: false })
    expect(await rejectionOf(manager.getToken())).toMatchObject({ reason: 'no_grant' })
    expect(provider.presented).toEqual(['refresh-1'])
  })

  it('goes on with the valid access token until that has ended', async () => {
    const { clock, provider, manager } = setUp()
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_000_000)
    provider.loseGrant()
    provider.refreshes.push(oauthFailure('invalid_grant'))
    for (let second = 0; second < 100; second += 1) {
      expect((await manager.getToken()).accessToken).toBe('token-1')
      await clock.advance(1_000)
    }
    expect(provider.presented).toEqual(['refresh-1'])
  })
})

describe('when the answer to a refresh token is lost', () => {
  it('fetches anew where it can', async () => {
    const { clock, provider, manager } = setUp()
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.refreshes.push(lost())
    expect((await manager.getToken()).accessToken).toBe('token-2')
    expect(provider.presented).toEqual(['refresh-1'])
  })

  it('tries it once more where nothing else can mint', async () => {
    const { clock, provider, manager } = setUp()
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.loseGrant()
    provider.refreshes.push(lost())
    expect((await manager.getToken()).accessToken).toBe('token-2')
    expect(provider.presented).toEqual(['refresh-1', 'refresh-1'])
  })

  it('waits with that until the access token has expired', async () => {
    const { clock, provider, manager } = setUp({ onInDoubt: 'retry' })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_000_000)
    provider.refreshes.push(lost())
    for (let minute = 0; minute < 9; minute += 1) {
      expect((await manager.getToken()).accessToken).toBe('token-1')
      await clock.advance(60_000)
    }
    expect(provider.presented).toEqual(['refresh-1'])
    await clock.advance(60_000)
    expect((await manager.getToken()).accessToken).toBe('token-2')
    expect(provider.presented).toEqual(['refresh-1', 'refresh-1'])
  })

  it('says that the session is lost when the second try is rejected', async () => {
    const { clock, provider, manager } = setUp({ onInDoubt: 'retry' })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.loseGrant()
    provider.refreshes.push(lost(), oauthFailure('invalid_grant'))
    expect(await rejectionOf(manager.getToken())).toMatchObject({ reason: 'refresh_lost', oauthError: 'invalid_grant' })
  })

  it('never tries a third time', async () => {
    const { clock, provider, manager } = setUp({ onInDoubt: 'retry' })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.loseGrant()
    provider.refreshes.push(lost(), lost())
    for (let call = 0; call < 5; call += 1) {
      expect(await rejectionOf(manager.getToken())).toMatchObject({ reason: 'refresh_lost' })
      await clock.advance(60_000)
    }
    expect(provider.presented).toEqual(['refresh-1', 'refresh-1'])
  })

  it('asks for a new login at once with onInDoubt: error', async () => {
    const { clock, provider, manager } = setUp({ onInDoubt: 'error' })
    provider.rotates = true
    await manager.getToken()
    await clock.advance(3_600_000)
    provider.refreshes.push(lost())
    expect(await rejectionOf(manager.getToken())).toMatchObject({ reason: 'refresh_lost' })
    expect([provider.fetchCount, provider.refreshCount]).toEqual([1, 1])
  })
})

describe('the waiters of one failed renewal', () => {
  it('get an error instance each, with the same cause', async () => {
    const { provider, manager } = setUp()
    provider.fetches.push(lost())
    const errors = (await Promise.all([1, 2, 3].map(() => rejectionOf(manager.getToken())))) as Error[]
    expect(new Set(errors).size).toBe(3)
    expect(new Set(errors.map((error) => error.cause)).size).toBe(1)
    for (const error of errors) expect(error).toBeInstanceOf(AuthenticationError)
  })
})
