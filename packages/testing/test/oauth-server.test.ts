import assert from 'node:assert/strict'
import { PasswordGrantTokenProvider, TokenManager } from '@requestforge/oauth'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ManualClock, type OAuthServer, type OAuthServerOptions, startOAuthServer } from '../src/index.ts'

const client = { client_id: 'app', client_secret: 's3cret' }

async function serverWith(options: OAuthServerOptions = {}): Promise<OAuthServer> {
  const server = await startOAuthServer({ clients: [{ clientId: 'app', clientSecret: 's3cret' }], ...options })
  onTestFinished(() => server.close())
  return server
}

function post(url: string, params: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(params), headers })
}

interface TokenResponse {
  readonly access_token: string
  readonly refresh_token?: string
  readonly expires_in: number
  readonly error?: string
}

async function token(server: OAuthServer, params: Record<string, string>): Promise<TokenResponse> {
  // The server's own answer, as RFC 6749 section 5 has it.
  return (await (await post(server.tokenUrl, { ...client, ...params })).json()) as TokenResponse
}

const password = { grant_type: 'password', username: 'ada', password: 'x' }
const refreshWith = (answer: TokenResponse) => ({ grant_type: 'refresh_token', refresh_token: answer.refresh_token ?? '' })

describe('grants', () => {
  it('client credentials give a token that verifies, and no refresh token', async () => {
    const server = await serverWith()
    const answer = await token(server, { grant_type: 'client_credentials', scope: 'read' })
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 3_600, scope: 'read' })
    expect(answer.refresh_token).toBeUndefined()
    expect(server.verify(`Bearer ${answer.access_token}`)).toMatchObject({ clientId: 'app', scope: 'read', username: undefined })
    expect(server.isActive('another')).toBe(false)
    expect(server.verify(undefined)).toBeUndefined()
  })

  it('passwords are checked where users are listed, and taken as they come where not', async () => {
    const strict = await serverWith({ users: [{ username: 'ada', password: 'y' }] })
    expect(await token(strict, password)).toMatchObject({ error: 'invalid_grant' })
    expect(await token(strict, { ...password, password: 'y' })).toHaveProperty('refresh_token')
    expect(await token(await serverWith(), password)).toHaveProperty('refresh_token')
  })

  it('a grant that it does not know is refused, and so is none', async () => {
    const server = await serverWith()
    expect(await token(server, { grant_type: 'implicit' })).toMatchObject({ error: 'unsupported_grant_type' })
    expect(await token(server, {})).toMatchObject({ error: 'invalid_request' })
  })

  it('a refresh token is good once, and its second use ends the login', async () => {
    const server = await serverWith()
    const first = await token(server, password)
    const second = await token(server, refreshWith(first))
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect(await token(server, refreshWith(first))).toMatchObject({ error: 'invalid_grant' })
    expect(server.reuseCount).toBe(1)
    expect(server.isActive(second.access_token)).toBe(false)
    expect(await token(server, refreshWith(second))).toMatchObject({ error: 'invalid_grant' })
  })

  it('without rotation a refresh token stays good, and the answer has none', async () => {
    const server = await serverWith({ rotateRefreshTokens: false })
    const first = await token(server, password)
    expect((await token(server, refreshWith(first))).refresh_token).toBeUndefined()
    expect(await token(server, refreshWith(first))).toHaveProperty('access_token')
  })

  it('a refresh gives no more than was granted', async () => {
    const server = await serverWith()
    const first = await token(server, { ...password, scope: 'read write' })
    expect(await token(server, { ...refreshWith(first), scope: 'admin' })).toMatchObject({ error: 'invalid_scope' })
    expect(await token(server, { ...refreshWith(first), scope: 'read' })).toMatchObject({ scope: 'read' })
  })

  it('tokens expire on its clock', async () => {
    const clock = new ManualClock({ now: 1_000_000 })
    const server = await serverWith({ tokenLifetimeS: 60, clock })
    const { access_token } = await token(server, { grant_type: 'client_credentials' })
    await clock.advance(59_999)
    expect(server.isActive(access_token)).toBe(true)
    await clock.advance(1)
    expect(server.isActive(access_token)).toBe(false)
  })
})

describe('client authentication', () => {
  const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` })

  it('takes HTTP Basic, form-encoded or raw', async () => {
    const server = await serverWith({ clients: [{ clientId: 'app', clientSecret: 'p+ss%/:é ' }] })
    const encoded = encodeURIComponent('p+ss%/:é ')
    const answer = await post(server.tokenUrl, { grant_type: 'client_credentials' }, basic('app', encoded))
    expect(answer.status).toBe(200)
    expect(server.requests[0]).toMatchObject({ authMethod: 'header', clientId: 'app', status: 200, isProcessed: true })
  })

  it('answers a wrong Basic with 401 and a challenge, a wrong body secret with 401', async () => {
    const server = await serverWith()
    const wrong = await post(server.tokenUrl, { grant_type: 'client_credentials' }, basic('app', 'no'))
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Basic')])
    expect(await token(server, { grant_type: 'client_credentials', client_secret: 'no' })).toMatchObject({
      error: 'invalid_client',
    })
  })

  it('refuses two methods in one request', async () => {
    const server = await serverWith()
    const answer = await post(server.tokenUrl, { ...client, grant_type: 'client_credentials' }, basic('app', 's3cret'))
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
  })

  it('without a list every client is known, but it has to have a name', async () => {
    const server = await serverWith({ clients: undefined })
    expect(await token(server, { grant_type: 'client_credentials', client_id: 'whoever' })).toHaveProperty('access_token')
    expect((await post(server.tokenUrl, { grant_type: 'client_credentials' })).status).toBe(401)
  })

  it('wants POST, a form, and each parameter once', async () => {
    const server = await serverWith()
    expect((await fetch(server.tokenUrl)).status).toBe(405)
    expect((await fetch(server.tokenUrl, { method: 'POST', body: '{}' })).status).toBe(400)
    const twice = await fetch(server.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams([
        ['scope', 'a'],
        ['scope', 'b'],
      ]),
    })
    expect(await twice.json()).toMatchObject({ error: 'invalid_request', error_description: expect.stringContaining('scope') })
  })
})

describe('requests', () => {
  it('are plain data, which strict comparisons take as they are', async () => {
    const server = await serverWith()
    await post(server.tokenUrl, { ...client, grant_type: 'client_credentials', ['__proto__']: 'y' })
    const params = { ...client, grant_type: 'client_credentials', ['__proto__']: 'y' }
    assert.deepEqual(server.requests[0]?.params, params)
    expect(server.requests[0]?.params).toStrictEqual(params)
  })
})

describe('revocation and introspection', () => {
  it('revoke() ends one token, a login by its refresh token, or all', async () => {
    const server = await serverWith()
    const [a, b, c] = [await token(server, password), await token(server, password), await token(server, password)]
    server.revoke(a.access_token)
    server.revoke(b.refresh_token)
    expect([a, b, c].map(({ access_token }) => server.isActive(access_token))).toEqual([false, false, true])
    server.revoke()
    expect(server.isActive(c.access_token)).toBe(false)
  })

  it('the endpoint revokes what belongs to the client, and says 200 to whatever it is asked', async () => {
    const server = await serverWith()
    const { access_token } = await token(server, password)
    const revoked = await post(server.revocationUrl, { ...client, token: access_token })
    expect([revoked.status, (await post(server.revocationUrl, { ...client, token: 'unknown' })).status]).toEqual([200, 200])
    expect(server.isActive(access_token)).toBe(false)
    expect(server.revocations).toHaveLength(2)
    expect(server.requests).toHaveLength(1)
  })

  it('introspection says whether a token is good', async () => {
    const server = await serverWith()
    const { access_token } = await token(server, password)
    const ask = async () => (await post(server.introspectionUrl, { ...client, token: access_token })).json()
    expect(await ask()).toMatchObject({ active: true, client_id: 'app', username: 'ada' })
    server.revoke(access_token)
    expect(await ask()).toEqual({ active: false })
  })

  it('publishes its metadata', async () => {
    const server = await serverWith()
    const metadata = await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json()
    expect(metadata).toMatchObject({ issuer: server.issuer, token_endpoint: server.tokenUrl })
  })
})

describe('faults', () => {
  const grant = { ...client, grant_type: 'client_credentials' }

  it('failNext() without anything is one 503', async () => {
    const server = await serverWith()
    server.failNext()
    const answer = await post(server.tokenUrl, grant)
    expect([answer.status, await answer.json()]).toEqual([503, expect.objectContaining({ error: 'temporarily_unavailable' })])
    expect((await post(server.tokenUrl, grant)).status).toBe(200)
    expect(server.requests.map(({ status, isProcessed }) => [status, isProcessed])).toEqual([
      [503, false],
      [200, true],
    ])
  })

  it('status, error, Retry-After and how often are to order; faults wait for each other', async () => {
    const server = await serverWith({ faults: [{ status: 429, retryAfter: 7, times: 2 }] })
    server.failNext({ error: 'invalid_grant' })
    const answers = [await post(server.tokenUrl, grant), await post(server.tokenUrl, grant), await post(server.tokenUrl, grant)]
    expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
      [429, '7'],
      [429, '7'],
      [400, null],
    ])
  })

  it('a fault may be for ever, and one for another endpoint does not wait behind it', async () => {
    const server = await serverWith()
    server.failNext({ times: Number.MAX_SAFE_INTEGER })
    server.failNext({ endpoint: 'introspection', status: 500 })
    for (let request = 0; request < 3; request++) expect((await post(server.tokenUrl, grant)).status).toBe(503)
    const ask = () => post(server.introspectionUrl, { ...client, token: 't' })
    expect([(await ask()).status, (await ask()).status]).toEqual([500, 200])
  })

  it('a reset before is not carried out, a reset after is', async () => {
    const server = await serverWith()
    const { refresh_token = '' } = await token(server, password)
    const refresh = { ...client, grant_type: 'refresh_token', refresh_token }
    server.failNext({ connection: 'reset-before' })
    await expect(post(server.tokenUrl, refresh)).rejects.toThrow()
    server.failNext({ connection: 'reset-after' })
    await expect(post(server.tokenUrl, refresh)).rejects.toThrow()
    expect(server.requests.map(({ isProcessed, status }) => [isProcessed, status])).toEqual([
      [true, 200],
      [false, undefined],
      [true, undefined],
    ])
    expect((await post(server.tokenUrl, refresh)).status).toBe(400)
    expect(server.reuseCount).toBe(1)
  })

  it('a truncated body breaks while it is read', async () => {
    const server = await serverWith()
    server.failNext({ connection: 'truncate' })
    const answer = await post(server.tokenUrl, grant)
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
  })

  it('garbage is sent as it is, members of a genuine answer are replaced or taken away', async () => {
    const server = await serverWith()
    server.failNext({ body: '<html>' })
    expect(await (await post(server.tokenUrl, grant)).text()).toBe('<html>')
    server.failNext({ tokenResponse: { expires_in: '60', token_type: undefined } })
    const answer = await (await post(server.tokenUrl, grant)).json()
    expect(answer).toMatchObject({ access_token: expect.any(String), expires_in: '60' })
    expect(answer).not.toHaveProperty('token_type')
  })

  it.each([
    [{ headers: { 'Content-Type': 'text/html' } }, 'content-type', 'text/html'],
    [{ body: '{', headers: { 'Content-Type': 'application/json' } }, 'content-type', 'application/json'],
    [{ retryAfter: 7, headers: { 'Retry-After': '9' } }, 'retry-after', '9'],
    [{ error: 'invalid_client', status: 401, headers: { 'Cache-Control': 'no-cache' } }, 'cache-control', 'no-cache'],
  ])('of headers with one name those of the fault are sent alone: %j', async (fault, name, value) => {
    const server = await serverWith()
    server.failNext(fault)
    expect((await post(server.tokenUrl, grant)).headers.get(name)).toBe(value)
  })

  it.each([204, 205, 304])('a %i has no body, and no length of one', async (status) => {
    const server = await serverWith()
    server.failNext({ status })
    const answer = await post(server.tokenUrl, grant)
    const { headers } = answer
    expect([answer.status, await answer.text(), headers.get('content-type')]).toEqual([status, '', null])
    expect(headers.get('content-length')).toBe(status === 205 ? '0' : null)
  })

  it('a fault may lie about the length, or send the body in chunks', async () => {
    const server = await serverWith()
    server.failNext({ body: 'abc', headers: { 'Content-Length': '2' } })
    expect(await (await post(server.tokenUrl, grant)).text()).toBe('ab')
    server.failNext({ body: 'abc', headers: { 'Transfer-Encoding': 'chunked' } })
    expect(await (await post(server.tokenUrl, grant)).text()).toBe('abc')
  })

  it('a request that hangs ends when the server is closed', async () => {
    const server = await serverWith()
    server.failNext({ connection: 'hang-after', times: 2 })
    const hanging = post(server.tokenUrl, grant).catch((error: unknown) => error)
    await expect.poll(() => server.requests[0]?.isProcessed).toBe(true)
    await Promise.all([server.close(), server.close()])
    expect(await hanging).toBeInstanceOf(Error)
  })

  it('a delay runs on its clock', async () => {
    const clock = new ManualClock()
    const server = await serverWith({ clock })
    server.failNext({ delayMs: 60_000 })
    const answer = post(server.tokenUrl, grant)
    await expect.poll(() => clock.pendingTimers).toEqual([60_000])
    await clock.advance(60_000)
    expect((await answer).status).toBe(200)
  })

  it('a fault for another endpoint leaves the token endpoint alone', async () => {
    const server = await serverWith()
    server.failNext({ endpoint: 'revocation', status: 503 })
    expect((await post(server.tokenUrl, grant)).status).toBe(200)
    expect((await post(server.revocationUrl, { ...client, token: 't' })).status).toBe(503)
  })

  it.each([
    [{ status: 99 }, /status/],
    [{ delayMs: 0.5 }, /delayMs.*did you mean 500\?/],
    [{ conection: 'reset' }, /unknown option `conection`/],
    [{ connection: 'reset' }, /connection must be one of reset-before/],
  ])('names what is wrong with %j', async (fault, message) => {
    const server = await serverWith()
    expect(() => server.failNext(fault as object)).toThrow(message)
  })
})

it('a wrong option of the server is named', async () => {
  await expect(startOAuthServer({ tokenLifetimeS: -1 })).rejects.toThrow(/tokenLifetimeS/)
  await expect(startOAuthServer({ clients: [{ clientId: '' }] })).rejects.toThrow(/clientId/)
  await expect(startOAuthServer({ user: [] } as object)).rejects.toThrow(/unknown option `user`/)
})

it('says what is missing on a platform without node:http', async () => {
  const { getBuiltinModule } = process
  Object.assign(process, { getBuiltinModule: undefined })
  onTestFinished(() => void Object.assign(process, { getBuiltinModule }))
  await expect(startOAuthServer()).rejects.toThrow(/node:http/)
})

describe('with the providers and the manager', () => {
  const provider = (server: OAuthServer) =>
    new PasswordGrantTokenProvider({
      tokenUrl: server.tokenUrl,
      revocationUrl: server.revocationUrl,
      clientId: 'app',
      clientSecret: 's3cret',
      username: 'ada',
      password: 'x',
      serviceName: 'api',
    })

  it('200 callers are one request, a forced refresh rotates, and a revocation reaches the server', async () => {
    const server = await serverWith()
    const manager = new TokenManager({ provider: provider(server) })
    onTestFinished(() => manager.close())
    await Promise.all(Array.from({ length: 200 }, () => manager.getToken()))
    expect(server.requests).toHaveLength(1)
    const renewed = await manager.forceRefresh()
    expect(server.requests.map(({ grant }) => grant)).toEqual(['password', 'refresh_token'])
    expect(server.verify(renewed.authorizationHeader)).toMatchObject({ username: 'ada' })
    await manager.revokeToken()
    expect(server.isActive(renewed.accessToken)).toBe(false)
    expect(server.reuseCount).toBe(0)
  })

  it('what the server refuses arrives as an AuthenticationError with its code and Retry-After', async () => {
    const server = await serverWith()
    server.failNext({ status: 429, error: 'temporarily_unavailable', retryAfter: 7 })
    await expect(provider(server).fetchToken()).rejects.toMatchObject({
      code: 'authentication',
      oauthError: 'temporarily_unavailable',
      retryAfterMs: 7_000,
    })
  })
})
