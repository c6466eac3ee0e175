import { AuthenticationError, ClientCredentialsTokenProvider, HttpClient, TokenManager } from 'requestforge'
import { fakeToken, ManualClock, MockTokenProvider, mockTransport, startOAuthServer } from 'requestforge/testing'
import { expect, test } from 'vitest'
import { UserDirectory } from '../src/user-directory.ts'

const baseUrl = 'https://api.example.com'

test('a user is found, and the request carried the token', async () => {
  const tokenManager = new TokenManager({ provider: new MockTokenProvider({ tokens: [fakeToken({ accessToken: 'a-token' })] }) })
  const transport = mockTransport([{ method: 'GET', url: '/users/1', json: { name: 'Ada' } }])
  const directory = new UserDirectory(new HttpClient({ baseUrl, tokenAuth: { tokenManager }, transport }))

  expect(await directory.nameOf(1)).toBe('Ada')
  expect(transport.requests[0]?.headers['authorization']).toBe('Bearer a-token')
  transport.assertDone()
})

test('a user that does not exist is undefined', async () => {
  const transport = mockTransport([{ method: 'GET', url: '/users/9', status: 404 }])
  expect(await new UserDirectory(new HttpClient({ baseUrl, transport })).nameOf(9)).toBeUndefined()
})

test('a token that has expired is replaced before the next request', async () => {
  const clock = new ManualClock()
  const provider = new MockTokenProvider({ clock })
  const tokenManager = new TokenManager({ provider, clock })
  const transport = mockTransport([{ url: '/users/1', json: { name: 'Ada' }, times: 2 }])
  const directory = new UserDirectory(new HttpClient({ baseUrl, tokenAuth: { tokenManager }, transport }))

  await directory.nameOf(1)
  await clock.advance(24 * 3_600_000)
  await directory.nameOf(1)
  expect(provider.fetchCount).toBe(2)
})

test('an OAuth server that is down is an error that says so', async () => {
  await using server = await startOAuthServer({ clients: [{ clientId: 'id', clientSecret: 'secret' }] })
  server.failNext({ status: 503, retryAfter: 7 })
  const provider = new ClientCredentialsTokenProvider({
    tokenUrl: server.tokenUrl,
    clientId: 'id',
    clientSecret: 'secret',
    serviceName: 'directory',
  })
  const tokenManager = new TokenManager({ provider })
  const directory = new UserDirectory(new HttpClient({ baseUrl, tokenAuth: { tokenManager }, transport: mockTransport([]) }))

  const error: unknown = await directory.nameOf(1).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(AuthenticationError)
  expect(error).toMatchObject({ serviceName: 'directory', retryable: true, retryAfterMs: 7_000 })
})
