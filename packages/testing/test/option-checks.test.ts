import { inspect } from 'node:util'
import { ConfigurationError } from '@requestforge/core/errors'
import type { TokenProvider } from '@requestforge/oauth'
import { describe, expect, it } from 'vitest'
import {
  fakeToken,
  ManualClock,
  type ManualClockOptions,
  type MockExchange,
  MockTokenProvider,
  type MockTokenProviderOptions,
  type MockTransportOptions,
  mockTransport,
  type OAuthServerFault,
  type OAuthServerOptions,
  startOAuthServer,
  type TokenStorageSubject,
  tokenProviderContract,
  tokenStorageContract,
} from '../src/index.ts'

async function thrownBy(use: () => unknown): Promise<unknown> {
  try {
    return await use()
  } catch (error) {
    return error
  }
}

/** Each value makes `use` a ConfigurationError that has the name of the option in `option` and in its message. */
function refuses<T>(use: (value: T) => unknown, values: readonly (readonly [unknown, string | undefined, RegExp?])[]): void {
  for (const [value, option, message = new RegExp(option ?? '')] of values) {
    it(`${inspect(value)}: ${option ?? message.source}`, async () => {
      // Values that the types refuse.
      const error = await thrownBy(() => use(value as T))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error).toMatchObject({ option, message: expect.stringMatching(message) })
    })
  }
}

describe('startOAuthServer names what is wrong', () => {
  const start = (options: OAuthServerOptions) => startOAuthServer(options)
  refuses(start, [
    [{ rotateRefreshTokens: 'x' }, 'rotateRefreshTokens', /must be a boolean \(got a string\)/],
    [{ refreshTokenForClientCredentials: 1 }, 'refreshTokenForClientCredentials'],
    [{ clock: 5 }, 'clock', /clock must have now, setTimeout, clearTimeout/],
    [{ clock: {} }, 'clock'],
    [{ clock: null }, 'clock'],
    [{ clients: [{ clientId: 'a', clientSecret: 5 }] }, 'clients', /clientSecret/],
    [{ clients: [{ clientId: 'a', clientSecret: '' }] }, 'clients', /clientSecret/],
    [{ clients: [[]] }, 'clients', /a client must be an object \(got an array\)/],
    [{ clients: new Map() }, 'clients', /must be an array \(got a Map\)/],
    [{ clients: new Array(1) }, 'clients'],
    [{ users: [{ username: 'a', password: 5 }] }, 'users', /password/],
    [{ users: [5] }, 'users'],
    [{ faults: [[]] }, 'faults', /got an array/],
    [{ faults: new Array(1) }, 'faults'],
    [{ port: 70_000 }, 'port', /from 0 to 65535/],
    [{ tokenLifetimeS: '60' }, 'tokenLifetimeS'],
    [[], undefined, /options of startOAuthServer must be an object \(got an array\)/],
    [new Map(), undefined, /got a Map/],
  ])

  it('does not repeat a secret that is wrong', async () => {
    const error = await thrownBy(() => start({ clients: [{ clientId: 'a', clientSecret: ['s3cret'] as never }] }))
    expect(String(error)).not.toContain('s3cret')
  })
})

describe('failNext names what is wrong', () => {
  const fail = async (fault: OAuthServerFault) => {
    await using server = await startOAuthServer()
    server.failNext(fault)
  }
  refuses(fail, [
    [[], 'fault'],
    [new Map(), 'fault'],
    [{ endpoint: null }, 'endpoint'],
    [{ status: '503' }, 'status'],
    [{ error: 5 }, 'error'],
    [{ error: '' }, 'error'],
    [{ errorDescription: 5 }, 'errorDescription'],
    [{ retryAfter: Number.NaN }, 'retryAfter'],
    [{ retryAfter: -1 }, 'retryAfter'],
    [{ retryAfter: {} }, 'retryAfter'],
    [{ retryAfter: 'a\nb' }, 'retryAfter'],
    [{ headers: 5 }, 'headers'],
    [{ headers: { 'a b': 'c' } }, 'headers'],
    [{ headers: { a: 'b\nc' } }, 'headers'],
    [{ body: {} }, 'body'],
    [{ body: 'a', error: 'b' }, 'body', /no error/],
    [{ body: 'a', tokenResponse: {} }, 'body', /no tokenResponse/],
    [{ tokenResponse: [] }, 'tokenResponse'],
    [{ tokenResponse: { a: 1n } }, 'tokenResponse'],
    [{ times: Object.create(null) }, 'times'],
  ])
})

describe('revoke names what is wrong', () => {
  const revoke = async (token: string) => {
    await using server = await startOAuthServer()
    server.revoke(token)
  }
  refuses(revoke, [
    [null, 'token'],
    [5, 'token'],
    [{ access_token: 'a' }, 'token', /an object with an accessToken/],
  ])
})

describe('MockTokenProvider names what is wrong', () => {
  refuses(
    (options: MockTokenProviderOptions) => new MockTokenProvider(options),
    [
      [{ serviceName: '' }, 'serviceName'],
      [{ serviceName: 5 }, 'serviceName'],
      [{ clock: {} }, 'clock'],
      [{ clock: { now: () => 0 } }, 'clock'],
      [{ identity: 5 }, 'identity'],
      [{ identity: ['a', 5] }, 'identity'],
      [{ failures: 'x' }, 'failures', /an array or a number/],
      [{ tokens: new Set() }, 'tokens'],
      [{ tokens: new Array(1) }, 'tokens'],
      [[], undefined, /must be an object/],
      [new Map(), undefined, /must be an object/],
    ],
  )

  it('what becomes of the array of tokens later does not matter', async () => {
    const tokens = [fakeToken({ accessToken: 'a' })]
    const provider = new MockTokenProvider({ tokens })
    tokens.length = 0
    expect(await provider.fetchToken()).toMatchObject({ accessToken: 'a' })
  })
})

describe('fakeToken names what is wrong', () => {
  refuses(fakeToken, [
    [{ accessToken: '' }, 'accessToken'],
    [{ accessToken: 5 }, 'accessToken'],
    [{ accessToken: null }, 'accessToken'],
    [{ refreshToken: 5 }, 'refreshToken'],
    [{ tokenType: 5 }, 'tokenType'],
    [{ scope: ['read'] }, 'scope'],
    [{ extra: [] }, 'extra'],
    [{ clock: {} }, 'clock'],
    [{ expiresInMs: null }, 'expiresInMs'],
    [{ expiresInMs: 1e300 }, 'expiresInMs'],
    [[], undefined, /must be an object/],
  ])
})

describe('mockTransport names what is wrong', () => {
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  refuses(mockTransport, [
    [new Array(1), 'exchanges'],
    [new Set(), 'exchanges'],
  ])
  refuses(
    (options: MockTransportOptions) => mockTransport([], options),
    [
      [[], undefined, /options of mockTransport must be an object/],
      [{ clock: {} }, 'clock'],
    ],
  )
  refuses(
    (exchange: MockExchange) => mockTransport([exchange]),
    [
      [[], 'exchanges', /an exchange must be an object \(got an array\)/],
      [new Map(), 'exchanges'],
      [{ method: 5 }, 'method'],
      [{ method: '' }, 'method'],
      [{ url: 5 }, 'url'],
      [{ url: null }, 'url'],
      [{ status: '200' }, 'status'],
      [{ headers: 5 }, 'headers'],
      [{ headers: null }, 'headers'],
      [{ headers: { 'a b': 'c' } }, 'headers'],
      [{ json: circular }, 'json'],
      [{ json: 1n }, 'json'],
      [{ json: () => 1 }, 'json'],
      [{ body: { a: 1 } }, 'body', /did you mean json\?/],
      [{ body: [1] }, 'body'],
      [{ body: 5 }, 'body'],
      [{ body: new Response('a').body, times: 2 }, 'times', /a stream can be read once/],
      [{ delayMs: Object.create(null) }, 'delayMs'],
    ],
  )
})

describe('ManualClock names what is wrong', () => {
  const clock = new ManualClock()
  refuses(
    (options: ManualClockOptions) => new ManualClock(options),
    [
      [[], undefined, /must be an object/],
      [{ now: new Date() }, 'now', /got a Date/],
    ],
  )
  refuses(
    (ms: number) => clock.advance(ms),
    [
      [undefined, 'ms'],
      [-1, 'ms'],
    ],
  )
  refuses(
    (ms: number) => clock.jump(ms),
    [
      [Number.NaN, 'ms'],
      ['1', 'ms'],
    ],
  )
  refuses((callback: () => void) => clock.setTimeout(callback, 1), [[null, 'callback']])
  refuses((delayMs: number) => clock.setTimeout(() => undefined, delayMs), [[undefined, 'delayMs']])
})

describe('the contracts name what is wrong with their factories', () => {
  const storage = { get: async () => undefined, set: async () => undefined, delete: async () => undefined }
  const storageCase = (made: TokenStorageSubject) => tokenStorageContract(() => made)[0]?.run()
  const providerCase = (made: TokenProvider) => tokenProviderContract(() => made)[0]?.run()
  refuses(tokenStorageContract, [[undefined, 'factory']])
  refuses(storageCase, [
    [undefined, 'factory'],
    [[], 'factory'],
    [{}, 'storage'],
    [{ storage: undefined }, 'storage'],
    [{ storage, other: 5 }, 'other'],
    [{ storage, avance: async () => undefined }, 'avance', /it takes storage, other, advance, close/],
    [{ storage, advance: 5 }, 'advance'],
    [{ storage, close: 5 }, 'close'],
  ])
  refuses(tokenProviderContract, [[{}, 'factory']])
  refuses(providerCase, [[undefined, 'factory']])

  it('what lacks a method does not fulfil them', async () => {
    const withoutSet = { storage: { ...storage, set: undefined as never } }
    expect(await thrownBy(() => storageCase(withoutSet))).toMatchObject({ name: 'ContractViolation' })
    const withoutFetch = { serviceName: 'a' } as TokenProvider
    expect(await thrownBy(() => providerCase(withoutFetch))).toMatchObject({ name: 'ContractViolation' })
  })
})
