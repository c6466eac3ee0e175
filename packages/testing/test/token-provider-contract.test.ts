import { runInNewContext } from 'node:vm'
import type { TokenProvider, TokenRequestContext } from '@requestforge/oauth'
import { describe, expect, it, vi } from 'vitest'
import { ContractViolation, fakeToken, MockTokenProvider, tokenProviderContract } from '../src/index.ts'

async function violations(provider: object): Promise<string[]> {
  const cases = tokenProviderContract(() => provider as TokenProvider)
  const outcomes = await Promise.allSettled(cases.map(({ run }) => run()))
  return outcomes.flatMap((outcome) => {
    if (outcome.status === 'fulfilled') return []
    expect(outcome.reason).toBeInstanceOf(ContractViolation)
    return [String(outcome.reason)]
  })
}

describe('tokenProviderContract, fulfilled by MockTokenProvider', () => {
  const tokens = [fakeToken({ refreshToken: 'r', scope: 'read' })]
  for (const { name, run } of tokenProviderContract(() => new MockTokenProvider({ tokens }))) it(name, run)
})

describe('tokenProviderContract', () => {
  const serviceName = 'api'
  const giving = (token: unknown) => ({ serviceName, fetchToken: async () => token })

  it.each([
    ['no service name', { fetchToken: async () => fakeToken() }, /serviceName/],
    [
      'an identity that changes',
      {
        ...giving(fakeToken()),
        get identity() {
          return String(Math.random())
        },
      },
      /identity must stay/,
    ],
    ['a token with an RFC name', giving({ access_token: 'a' }), /accessToken must be a string/],
    ['a token with a line end', giving({ accessToken: 'a\n' }), /line ends/],
    ['a null refresh token', giving({ accessToken: 'a', refreshToken: null }), /refreshToken must be a string/],
    ['an expiry in seconds', giving({ accessToken: 'a', expiresAt: Date.now() / 1_000 + 60 }), /in milliseconds/],
    ['an expiry that is a Date', giving({ accessToken: 'a', expiresAt: new Date() }), /number of milliseconds/],
    ['an issue in seconds', giving({ accessToken: 'a', issuedAt: Date.now() / 1_000 }), /issuedAt must be in milliseconds/],
    ['a due time in seconds', giving({ accessToken: 'a', refreshAt: Date.now() / 1_000 }), /refreshAt must be in milliseconds/],
    [
      'an expiry in seconds of a refreshed token',
      {
        ...giving(fakeToken({ refreshToken: 'r' })),
        refreshToken: async () => ({ accessToken: 'a', expiresAt: Date.now() / 1_000 + 60 }),
      },
      /refreshToken: expiresAt must be in milliseconds/,
    ],
    ['a scheme that no header may carry', giving({ accessToken: 'a', tokenType: 'Bearer token' }), /tokenType must be/],
    ['more that is no object', giving({ accessToken: 'a', extra: 'b' }), /extra must be an object/],
    [
      'a refreshToken that is no method',
      { ...giving(fakeToken()), refreshToken: 'r' },
      /refreshToken must be a method, or left out/,
    ],
    [
      'a revokeToken that is no method',
      { ...giving(fakeToken()), revokeToken: null },
      /revokeToken must be a method, or left out/,
    ],
    ['an expiry that is over', giving(fakeToken({ expiresInMs: -1 })), /lie ahead/],
    ['a token whose JSON is redacted', giving({ ...fakeToken(), toJSON: () => ({}) }), /plain data/],
    ['no token', giving(undefined), /must give an object/],
  ])('finds %s', async (_name, provider, message) => {
    expect((await violations(provider)).join('\n')).toMatch(message)
  })

  it('takes the AbortError of any realm for the end of an aborted fetch', async () => {
    const fetchToken = async ({ signal }: TokenRequestContext = {}) => {
      if (signal?.aborted === true) throw runInNewContext("Object.assign(new Error('gone'), { name: 'AbortError' })")
      return fakeToken()
    }
    expect(await violations({ serviceName, fetchToken })).toEqual([])
  })

  it('finds a fetch that does not end when it is aborted, before the runner ends the case', async () => {
    vi.useFakeTimers()
    try {
      const aborted = tokenProviderContract(() => ({ serviceName, fetchToken: () => new Promise(() => {}) })).find(({ name }) =>
        name.includes('aborted'),
      )
      const ended = expect(aborted?.run()).rejects.toThrow('an aborted fetch must end: it has not for 4 s')
      await vi.advanceTimersByTimeAsync(4_000)
      await ended
    } finally {
      vi.useRealTimers()
    }
  })

  it('makes a new provider for each case', async () => {
    let made = 0
    const cases = tokenProviderContract(() => {
      made++
      return new MockTokenProvider()
    })
    for (const { run } of cases) await run()
    expect(made).toBe(cases.length)
  })
})
