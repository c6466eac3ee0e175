import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ClientCredentialsTokenProvider, type Deviation, type TokenRequestContext } from '../src/index.ts'
import { type Answer, json, startTokenServer, type TokenServer } from './fixtures/token-server.ts'

const token = { access_token: 'a', token_type: 'Bearer', expires_in: 60 }
let server: TokenServer

beforeEach(async () => {
  server = await startTokenServer(json(token))
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

function provider(more: object = {}): ClientCredentialsTokenProvider {
  const { url } = server
  return new ClientCredentialsTokenProvider({
    tokenUrl: url,
    revocationUrl: url,
    clientId: 'id',
    clientSecret: 'secret',
    serviceName: 'api',
    authMethod: 'client_secret_jwt',
    ...more,
  })
}

/** A server whose clock is so far ahead of ours, and which refuses assertions that are not valid by it. */
function runAhead(aheadS: number, headers: Readonly<Record<string, string>> = {}): void {
  server.answer = (response, request) => {
    const now = Date.now() + aheadS * 1_000
    const assertion = server.seen.at(-1)?.form.get('client_assertion') ?? ''
    const { iat, exp } = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())
    const isValid = iat * 1_000 < now + 3_000 && exp * 1_000 > now
    const body = isValid ? token : { error: 'invalid_client' }
    json(body, isValid ? 200 : 401, { date: new Date(now).toUTCString(), ...headers })(response, request)
  }
}

function watched(): { readonly context: TokenRequestContext; readonly told: Deviation[] } {
  const told: Deviation[] = []
  return { context: { onDeviation: (deviation) => told.push(deviation) }, told }
}

describe("an assertion that the server's clock makes invalid", () => {
  it.each([-20, -300, 300, -86_400])('is made anew, once, by the time of a server that is %i s ahead', async (aheadS) => {
    runAhead(aheadS)
    const { context, told } = watched()
    const signing = provider()
    expect((await signing.fetchToken(context)).accessToken).toBe('a')
    expect(server.seen).toHaveLength(2)
    expect(told).toEqual([
      { kind: 'clock_skew', detail: expect.stringMatching(/^the server's clock is \d+ s (ahead of|behind) /) },
    ])
    const [first, second] = server.seen.map(({ form }) => form.get('client_assertion'))
    expect(first).not.toBe(second)
  })

  it('is made right from then on, for refreshes and revocations too', async () => {
    runAhead(300)
    const signing = provider()
    await signing.fetchToken()
    await signing.fetchToken()
    await signing.refreshToken({ accessToken: 'a', refreshToken: 'r' })
    await signing.revokeToken?.({ accessToken: 'a' })
    expect(server.seen).toHaveLength(5)
  })

  it('is sent once more for a refresh and a revocation: what was refused is the client', async () => {
    runAhead(-300)
    await provider().refreshToken({ accessToken: 'a', refreshToken: 'r' })
    await provider().revokeToken?.({ accessToken: 'a' })
    expect(server.seen).toHaveLength(4)
  })

  it.each<[string, object]>([
    ['comes from a cache', { age: '0' }],
    ['has no readable date', { date: '5' }],
  ])('stays refused where the answer %s', async (_name, headers) => {
    runAhead(300, { ...headers })
    await expect(provider().fetchToken()).rejects.toMatchObject({ oauthError: 'invalid_client' })
    expect(server.seen).toHaveLength(1)
  })
})

describe('a client that is refused for another reason', () => {
  it('is refused at once where the clocks agree', async () => {
    server.answer = json({ error: 'invalid_client' }, 401)
    await expect(provider().fetchToken()).rejects.toMatchObject({ oauthError: 'invalid_client' })
    expect(server.seen).toHaveLength(1)
  })

  it('is refused after one more try where they differ, and goes on with its own time', async () => {
    server.answer = json({ error: 'invalid_client' }, 401, { date: new Date(0).toUTCString() })
    const { context, told } = watched()
    const signing = provider()
    await expect(signing.fetchToken(context)).rejects.toMatchObject({ oauthError: 'invalid_client' })
    expect(server.seen).toHaveLength(2)
    expect(told).toEqual([])
    runAhead(0)
    await signing.fetchToken()
    expect(server.seen).toHaveLength(3)
  })

  it.each<[string, Answer]>([
    ['is not answered', (response) => response.destroy()],
    ['cannot be served now', json({}, 503)],
  ])('goes on with its own time where the second try %s', async (_name, answer) => {
    const date = new Date(0).toUTCString()
    const answers = [json({ error: 'invalid_client' }, 401, { date }), answer]
    server.answer = (...exchange) => answers.shift()?.(...exchange)
    const { context, told } = watched()
    const signing = provider()
    await expect(signing.fetchToken(context)).rejects.toMatchObject({ retryable: true })
    expect(told).toEqual([])
    // This server's `Date` is wrong, and its sense of time right.
    runAhead(0, { date })
    await signing.fetchToken()
    expect(server.seen).toHaveLength(3)
  })

  it.each([429, 503])('is not asked for once more where a %i says to wait', async (status) => {
    server.answer = json({ error: 'invalid_client' }, status, { date: new Date(0).toUTCString(), 'retry-after': '7' })
    await expect(provider().fetchToken()).rejects.toMatchObject({ retryable: true, retryAfterMs: 7_000 })
    expect(server.seen).toHaveLength(1)
  })

  it('is refused at once where it signs nothing', async () => {
    server.answer = json({ error: 'invalid_client' }, 401, { date: new Date(0).toUTCString() })
    await expect(provider({ authMethod: 'body' }).fetchToken()).rejects.toMatchObject({ oauthError: 'invalid_client' })
    expect(server.seen).toHaveLength(1)
  })

  it('is refused at once where the grant was refused, and not the client', async () => {
    server.answer = json({ error: 'invalid_grant' }, 400, { date: new Date(0).toUTCString() })
    const refreshed = provider().refreshToken({ accessToken: 'a', refreshToken: 'r' })
    await expect(refreshed).rejects.toMatchObject({ oauthError: 'invalid_grant' })
    expect(server.seen).toHaveLength(1)
  })
})
