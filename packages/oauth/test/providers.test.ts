import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { AuthenticationError, ConfigurationError, ConnectionError, RequestTimeoutError } from '@requestforge/core/errors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ClientCredentialsTokenProvider,
  type Deviation,
  PasswordGrantTokenProvider,
  TokenManager,
  type TokenRequestContext,
} from '../src/index.ts'
import { PlainStorage } from './fixtures/plain-storage.ts'
import { type Answer, json, startTokenServer, type TokenServer, text } from './fixtures/token-server.ts'

const token = { access_token: 'a', token_type: 'Bearer', expires_in: 60 }
const secret = 'p+ss%/:é canary'
let server: TokenServer

beforeEach(async () => {
  server = await startTokenServer(json(token))
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

function provider(more: object = {}): ClientCredentialsTokenProvider {
  return new ClientCredentialsTokenProvider({
    tokenUrl: server.url,
    clientId: 'my-client.v1_x~',
    clientSecret: secret,
    serviceName: 'api',
    ...more,
  })
}

async function failure(answer: Answer, more: object = {}, context?: TokenRequestContext): Promise<AuthenticationError> {
  server.answer = answer
  const error: unknown = await provider(more)
    .fetchToken(context)
    .catch((reason: unknown) => reason)
  if (!(error instanceof AuthenticationError)) throw new Error(`no AuthenticationError: ${String(error)}`)
  expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('canary')
  expect(error.serviceName).toBe('api')
  return error
}

/** Begins a body, and ends the connection. */
function cutOff(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => void response.writeHead(status, headers).write('{"acc', () => response.destroy())
}

function decoded(base64url = ''): string {
  return Buffer.from(base64url, 'base64url').toString()
}

describe('a token request', () => {
  it('sends the credentials in the body', async () => {
    await provider({ scope: ['read', 'write'], extraParams: { audience: 'https://api.example.com' } }).fetchToken()
    expect(Object.fromEntries(server.seen[0]?.form ?? [])).toEqual({
      grant_type: 'client_credentials',
      client_id: 'my-client.v1_x~',
      client_secret: secret,
      scope: 'read write',
      audience: 'https://api.example.com',
    })
  })

  it('sends the credentials as HTTP Basic, form-encoded where they must be and else as they are', async () => {
    await provider({ authMethod: 'header' }).fetchToken()
    const [id, encoded = ''] = atob(server.seen[0]?.authorization?.slice(6) ?? '').split(':')
    expect(id).toBe('my-client.v1_x~')
    expect(new URLSearchParams(`s=${encoded}`).get('s')).toBe(secret)
    expect(server.seen[0]?.form.has('client_id')).toBe(false)
  })

  it('asks for a secret that is a function each time', async () => {
    const secrets = ['one', 'two']
    const rotating = provider({ clientSecret: async () => secrets.shift() ?? 'none' })
    await rotating.fetchToken()
    await rotating.fetchToken()
    expect(server.seen.map(({ form }) => form.get('client_secret'))).toEqual(['one', 'two'])
  })

  it('keeps the query of the token URL', async () => {
    await provider({ tokenUrl: `${server.url}?tenant=7` }).fetchToken()
    expect(server.seen[0]?.url).toBe('/token?tenant=7')
  })

  it('refreshes with the refresh token, the extra parameters and no scope: never more than was granted', async () => {
    await provider({ scope: 'read write', extraParams: { audience: 'x' } }).refreshToken({ accessToken: 'a', refreshToken: 'r1' })
    expect(Object.fromEntries(server.seen[0]?.form ?? [])).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'r1',
      audience: 'x',
    })
    expect(server.seen[0]?.form.has('scope')).toBe(false)
  })

  it('takes an omitted scope for the requested one', async () => {
    expect((await provider({ scope: 'read' }).fetchToken()).scope).toBe('read')
  })

  it('signs a new assertion for each request with client_secret_jwt, without nbf', async () => {
    const signing = provider({ authMethod: 'client_secret_jwt', audience: 'https://issuer.example.com' })
    await signing.fetchToken()
    await signing.fetchToken()
    const claims = server.seen.map(
      ({ form }): Record<string, unknown> => JSON.parse(decoded(form.get('client_assertion')?.split('.')[1])),
    )
    expect(claims[0]).toMatchObject({ iss: 'my-client.v1_x~', sub: 'my-client.v1_x~', aud: 'https://issuer.example.com' })
    expect(claims[0]).not.toHaveProperty('nbf')
    expect(claims[0]?.['jti']).not.toBe(claims[1]?.['jti'])
  })

  it.each(['RS256', 'ES256', 'Ed25519'])('signs with a private key of the kind %s, as CryptoKey, JWK and PEM', async (name) => {
    const algorithms: Record<string, RsaHashedKeyGenParams | EcKeyGenParams | Algorithm> = {
      RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
      ES256: { name: 'ECDSA', namedCurve: 'P-256' },
      Ed25519: { name: 'Ed25519' },
    }
    const pair = (await crypto.subtle.generateKey(algorithms[name] ?? 'Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
    const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).toString('base64')
    const jwk = { ...(await crypto.subtle.exportKey('jwk', pair.privateKey)), kid: 'k1' }
    for (const privateKey of [pair.privateKey, jwk, `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`]) {
      const signing = provider({ clientSecret: undefined, authMethod: 'private_key_jwt', privateKey })
      expect((await signing.fetchToken()).accessToken).toBe('a')
    }
    const header: unknown = JSON.parse(decoded(server.seen[1]?.form.get('client_assertion')?.split('.')[0]))
    expect(header).toMatchObject({ kid: 'k1' })
  })

  it.each(['EdDSA', 'Ed25519'])('signs as %s where the JWK says so: servers may know but one name of it', async (alg) => {
    const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
    const privateKey = { ...(await crypto.subtle.exportKey('jwk', pair.privateKey)), alg }
    await provider({ clientSecret: undefined, authMethod: 'private_key_jwt', privateKey }).fetchToken()
    const [header, payload, signature] = server.seen[0]?.form.get('client_assertion')?.split('.') ?? []
    expect(JSON.parse(decoded(header))).toEqual({ alg })
    const [signed, proof] = [Buffer.from(`${header}.${payload}`), Buffer.from(signature ?? '', 'base64url')]
    expect(await crypto.subtle.verify('Ed25519', pair.publicKey, proof, signed)).toBe(true)
  })

  it('sends a password, and refreshes without it', async () => {
    const options = {
      tokenUrl: server.url,
      clientId: 'id',
      clientSecret: 's',
      serviceName: 'api',
      username: 'u',
      password: () => 'pw',
    }
    const password = new PasswordGrantTokenProvider(options)
    await password.fetchToken()
    await password.refreshToken({ accessToken: 'a', refreshToken: 'r' })
    expect(server.seen.map(({ form }) => [form.get('grant_type'), form.get('username'), form.get('password')])).toEqual([
      ['password', 'u', 'pw'],
      ['refresh_token', null, null],
    ])
  })
})

describe('answers outside the RFCs that are tolerated', () => {
  it.each<[string, Answer, string[]]>([
    ['JSON labelled as HTML', text(JSON.stringify(token), 200, { 'content-type': 'text/html' }), ['unusual_content_type']],
    ['JSON without a label', text(JSON.stringify(token)), ['unusual_content_type']],
    [
      'JSON after a BOM and white space',
      text(`\uFEFF \n${JSON.stringify(token)}`, 200, { 'content-type': 'application/json' }),
      [],
    ],
    ['a form', text('access_token=a&token_type=Bearer&expires_in=60', 200), ['form_encoded', 'expires_in_string']],
    ['status 201', json(token, 201), ['unusual_status']],
    ['"error": null beside a token', json({ ...token, error: null }), []],
  ])('%s', async (_name, answer, kinds) => {
    server.answer = answer
    const deviations: Deviation[] = []
    const read = await provider().fetchToken({ onDeviation: (deviation) => deviations.push(deviation) })
    expect(read.accessToken).toBe('a')
    expect(deviations.map(({ kind }) => kind)).toEqual(kinds)
    if (kinds.length > 0) await failure(answer, { strict: true })
  })
})

describe('answers that are no token', () => {
  it.each<[string, Answer, object]>([
    ['invalid_client', json({ error: 'invalid_client' }, 401), { oauthError: 'invalid_client', retryable: false }],
    ['a 401 without a body', text('', 401, { 'www-authenticate': 'Basic' }), { oauthError: 'invalid_client', retryable: false }],
    ['invalid_client as 403', json({ error: 'invalid_client' }, 403), { oauthError: 'invalid_client', retryable: false }],
    [
      'an error with status 200',
      json({ error: 'bad_verification_code' }),
      { oauthError: 'bad_verification_code', retryable: false },
    ],
    [
      'an error with an odd media type',
      text('{"error":"invalid_scope"}', 400, { 'content-type': 'Text/Plain' }),
      { oauthError: 'invalid_scope' },
    ],
    ['a nested error', json({ error: { code: 'E7', message: 'no' } }, 400), { oauthError: 'E7', oauthErrorDescription: 'no' }],
    ['a firewall', text('<html>no</html>', 403), { oauthError: undefined, retryable: true }],
    ['server_error', json({ error: 'server_error' }, 500), { oauthError: 'server_error', retryable: true }],
    ['temporarily_unavailable as 400', json({ error: 'temporarily_unavailable' }, 400), { retryable: true }],
    ['Retry-After in seconds', json({}, 429, { 'retry-after': '7' }), { retryable: true, retryAfterMs: 7_000 }],
    ['Retry-After that makes no sense', json({}, 503, { 'retry-after': 'soon' }), { retryable: true, retryAfterMs: undefined }],
    ['a login page', text('<html>login</html>', 200, { 'content-type': 'text/html' }), { retryable: false, requestSent: true }],
    ['nothing', text('', 200), { retryable: false }],
    ['204', text('', 204), { retryable: false }],
    ['a JSON array', json([]), { retryable: false }],
    ['JSON that was cut', text('{"access_token":"a', 200), { retryable: true, requestSent: true }],
    ['a body without end', text('x'.repeat(2_000_000), 200), { retryable: false }],
  ])('%s', async (_name, answer, expected) => {
    expect(await failure(answer)).toMatchObject(expected)
  })

  it.each([301, 302, 303, 307, 308])('a redirect with %i is not followed, and its target never asked', async (status) => {
    await using elsewhere = await startTokenServer(json(token))
    const error = await failure(text('', status, { location: elsewhere.url }))
    expect(error).toMatchObject({ retryable: false, requestSent: true })
    expect(elsewhere.seen).toEqual([])
  })

  it('a server that repeats secrets, in any form, gets them masked', async () => {
    const echo: Answer = (response, request) => {
      const { authorization } = request.headers
      json({ error: 'x', error_description: `${secret} ${encodeURIComponent(secret)} ${authorization}` }, 400)(response, request)
    }
    const error = await failure(echo, { authMethod: 'header' })
    expect(error.oauthErrorDescription).toContain('***')
    expect(error.message).not.toContain(btoa('my-client').slice(0, 8))
  })

  it('the refusal of a refresh token as long as they come is understood, and the token masked', async () => {
    const refreshToken = 'canary.token~'.repeat(600)
    server.answer = (response, request) => {
      const description = `${server.seen.at(-1)?.form.get('refresh_token')} is no longer good`
      json({ error: 'invalid_grant', error_description: description }, 400)(response, request)
    }
    const error: unknown = await provider()
      .refreshToken({ accessToken: 'a', refreshToken })
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error).toMatchObject({ oauthError: 'invalid_grant', oauthErrorDescription: '*** is no longer good' })
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('canary')
  })

  it.each([
    ['invalid_client', 'client', false],
    ['invalid_grant', 'r', false],
    ['temporarily_unavailable', 'p', true],
    ['slow_down', 'slow_down', true],
  ])(
    'the code %s stays what it is where a secret is "%s", for what happens next depends on it',
    async (code, clientSecret, retryable) => {
      const error = await failure(json({ error: code, error_description: `not ${clientSecret}` }, 400), { clientSecret })
      expect(error).toMatchObject({ oauthError: code, oauthErrorDescription: expect.stringContaining('***'), retryable })
      expect(error.message).toContain(`(${code}: `)
    },
  )

  it('a code that no RFC has is masked where it holds a secret', async () => {
    expect(await failure(json({ error: `wrong_${secret}` }, 400))).toMatchObject({ oauthError: 'wrong_***' })
  })

  it('control characters of a description do not reach a log', async () => {
    const error = await failure(json({ error: 'x', error_description: 'a\r\n\u001b[31mb' }, 400))
    expect(error.message).toContain('(x: a [31mb)')
  })
})

describe('endpoints that do not answer', () => {
  it('nobody listens: nothing was sent, and it may be retried', async () => {
    const { url } = server
    await server[Symbol.asyncDispose]()
    const error: unknown = await provider({ tokenUrl: url })
      .fetchToken()
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ retryable: true, requestSent: false })
    expect((error as Error).cause).toBeInstanceOf(ConnectionError)
    server = await startTokenServer(json(token))
  })

  it.each([
    ['nothing', undefined],
    ['half of a response', { ok: true, status: 200, json: async () => token }],
    ['the answer of another library', { status: 200, data: 'canary', headers: {} }],
    ['a text', 'canary'],
  ])('a fetch that gives no Response, but %s, is told so', async (_name, given) => {
    const error = await failure(json(token), { fetch: async () => given })
    expect(error.message).toMatch(/the token request for api was not answered: fetch gave no Response \(got /)
    expect(error.cause).toMatchObject({ code: 'configuration', option: 'fetch' })
    // A refresh token may be spent by it all the same.
    expect(error.requestSent).toBe(true)
  })

  it('a fetch of another library, whose bodies are streams of Node, is read, limited, and its redirects are refused', async () => {
    const answer = (body: string, status = 200): object => ({
      status,
      headers: new Headers({ 'content-type': 'application/json' }),
      body: Readable.from([body]),
      text: async () => body,
    })
    const other = (given: object): object => ({ fetch: async () => given })
    expect((await provider(other(answer(JSON.stringify(token)))).fetchToken()).accessToken).toBe('a')
    expect((await failure(json(token), other(answer(' '.repeat(1_100_000))))).message).toMatch(/longer than 1048576 bytes/)
    expect((await failure(json(token), other(answer('', 307)))).message).toMatch(/the redirect 307, which is not followed/)
  })

  it('a reset after the request: it may have been received', async () => {
    const error = await failure((response) => response.destroy())
    expect(error).toMatchObject({ retryable: true, requestSent: true })
    expect(error.cause).toBeInstanceOf(ConnectionError)
  })

  it.each<[string, Answer, RegExp]>([
    ['cannot be decompressed', json(token, 200, { 'content-encoding': 'gzip' }), /the body of the 200 cannot be decompressed/],
    ['was cut off', cutOff(200), /the body of the 200/],
  ])('a body that %s is told with its status', async (_name, answer, message) => {
    expect((await failure(answer)).message).toMatch(message)
  })

  it.each<[string, Answer, object]>([
    ['a 503 that is cut off', cutOff(503, { 'retry-after': '7' }), { retryable: true, retryAfterMs: 7_000 }],
    [
      'a 429 that cannot be decompressed',
      json({}, 429, { 'retry-after': '7', 'content-encoding': 'gzip' }),
      { retryAfterMs: 7_000 },
    ],
    ['a 503 with a page without end', text('x'.repeat(1_100_000), 503), { retryable: true }],
    ['a 401 that is cut off', cutOff(401), { retryable: false, oauthError: 'invalid_client' }],
    ['a 400 that is cut off', cutOff(400), { retryable: false, oauthError: undefined }],
  ])('%s is a refusal all the same, with its Retry-After', async (_name, answer, expected) => {
    const error = await failure(answer)
    expect(error).toMatchObject({ ...expected, requestSent: true })
    expect(error.message).toMatch(/was answered with \d{3} \((?:invalid_client: )?its body cannot be read\)$/)
    // A refresh token was not redeemed, so nothing is in doubt.
    expect(error.cause).toBeUndefined()
  })

  it.each<[string, Answer]>([
    ['before the headers', () => undefined],
    ['in the body', (response) => void response.writeHead(200).write('{"acc')],
  ])('a hang %s ends with timeoutMs', async (_name, answer) => {
    const error = await failure(answer, { timeoutMs: 60 })
    expect(error.cause).toBeInstanceOf(RequestTimeoutError)
    expect(error).toMatchObject({ retryable: true, requestSent: true })
  })

  it.each<[string, object, (init: RequestInit) => unknown]>([
    ['the secret', {}, ({ body }) => (body instanceof URLSearchParams ? body.get('client_secret') : body)],
    ['the form', {}, ({ body }) => String(body)],
    ['the header', { authMethod: 'header' }, ({ headers }) => ({ ...headers })['authorization' as never]],
    [
      'the assertion',
      { authMethod: 'client_secret_jwt' },
      ({ body }) => (body instanceof URLSearchParams ? body.get('client_assertion') : body),
    ],
  ])('a fetch that repeats %s in its error gets it masked', async (_name, more, repeated) => {
    const sent: string[] = []
    const broken = async (_url: string, init: RequestInit): Promise<Response> => {
      const words = String(repeated(init))
      sent.push(words)
      throw new TypeError(`cannot send ${words}`, { cause: new Error(words) })
    }
    const error = await failure(json(token), { ...more, fetch: broken })
    expect(sent).toEqual([expect.stringMatching(/.{8}/)])
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(sent[0])
    expect((error.cause as Error).cause).toMatchObject({ message: expect.stringMatching(/^cannot send .*\*\*\*/) })
  })

  it("a fetch that ignores its signal is left behind, and so is a secret's function", async () => {
    const never = (): Promise<never> => new Promise(() => undefined)
    expect(await failure(json(token), { timeoutMs: 20, fetch: never })).toMatchObject({ requestSent: true })
    expect(await failure(json(token), { timeoutMs: 20, clientSecret: never })).toMatchObject({ requestSent: false })
    expect(server.seen).toEqual([])
  })

  it('an aborted signal means that nothing is sent, and its own reason', async () => {
    const reason = new Error('enough')
    const fetched = provider({}).fetchToken({ signal: AbortSignal.abort(reason), now: Date.now, onDeviation: () => undefined })
    await expect(fetched).rejects.toBe(reason)
    expect(server.seen).toEqual([])
  })
})

describe('invalidateToken with a provider of this package', () => {
  const password = () =>
    new PasswordGrantTokenProvider({
      tokenUrl: server.url,
      clientId: 'id',
      clientSecret: 's',
      serviceName: 'api',
      username: 'u',
      password: 'p',
    })

  it.each<[string, () => ClientCredentialsTokenProvider | PasswordGrantTokenProvider]>([
    ['client_credentials', provider],
    ['password', password],
  ])('forgets all of a token that was adopted, and fetches by %s', async (grant, make) => {
    server.answer = json({ ...token, refresh_token: 'r' })
    const storage = new PlainStorage()
    await new TokenManager({ provider: make(), storage }).getToken()
    const restarted = new TokenManager({ provider: make(), storage })
    await restarted.getToken()
    await restarted.invalidateToken()
    expect(storage.entries.size).toBe(0)
    await restarted.getToken()
    await new TokenManager({ provider: make(), storage }).invalidateToken()
    expect(storage.entries.size).toBe(0)
    expect(server.seen.map(({ form }) => form.get('grant_type'))).toEqual([grant, grant])
  })
})

describe('revocation (RFC 7009)', () => {
  it('revokes the refresh token first, then the access token', async () => {
    server.answer = text('', 200)
    await provider({ revocationUrl: server.url }).revokeToken?.({ accessToken: 'access-1', refreshToken: 'refresh-1' })
    expect(server.seen.map(({ form }) => [form.get('token'), form.get('token_type_hint')])).toEqual([
      ['refresh-1', 'refresh_token'],
      ['access-1', 'access_token'],
    ])
  })

  it('revokes the access token too when the server cannot revoke refresh tokens, and says so', async () => {
    server.answer = (response, request) => {
      const isFirst = server.seen.length === 1
      json(isFirst ? { error: 'unsupported_token_type' } : {}, isFirst ? 400 : 200)(response, request)
    }
    const revoked = provider({ revocationUrl: server.url }).revokeToken?.({ accessToken: 'access-1', refreshToken: 'refresh-1' })
    await expect(revoked).rejects.toMatchObject({ oauthError: 'unsupported_token_type' })
    expect(server.seen).toHaveLength(2)
  })

  it('sends no placeholder after an invalidation that kept the refresh token', async () => {
    class Session extends ClientCredentialsTokenProvider {
      override readonly canFetch: boolean = false
    }
    const options = { tokenUrl: server.url, revocationUrl: server.url, clientId: 'id', clientSecret: secret, serviceName: 'api' }
    server.answer = json({ ...token, refresh_token: 'refresh-1' })
    const manager = new TokenManager({ provider: new Session(options) })
    await manager.getToken()
    await manager.invalidateToken()
    await manager.revokeToken()
    expect(server.seen.map(({ form }) => form.get('token'))).toEqual([null, 'refresh-1'])
  })

  it('is not there without a revocationUrl', () => {
    expect(provider().revokeToken).toBeUndefined()
  })
})

const signing = { authMethod: 'private_key_jwt', clientSecret: undefined }
const cryptoKey = (name: string, usages: unknown): object => ({ type: 'private', algorithm: { name }, usages })

describe('options', () => {
  it.each<[object, RegExp]>([
    [{ tokenUrl: 'nonsense' }, /tokenUrl must be an absolute https URL \(got "nonsense"\)/],
    [{ tokenUrl: undefined }, /tokenUrl must be an absolute https URL/],
    [{ tokenUrl: 'ftp://a/t' }, /tokenUrl/],
    [{ tokenUrl: 'http://auth.example.com/t' }, /allowInsecureRequests/],
    [{ tokenUrl: 'https://u:canary@a/t' }, /tokenUrl must not hold a user name/],
    [{ tokenUrl: 'https://a/t#f' }, /fragment/],
    [{ tokenUrl: 'https//u:canary@a/t' }, /tokenUrl must be an absolute https URL \(got "a\/t"\)/],
    [{ tokenUrl: 'https://u:ca/nary?canary@a/t' }, /tokenUrl must be an absolute https URL \(got "https:\/\/a\/t"\)/],
    [{ clientId: '' }, /clientId must be a non-empty string/],
    [{ serviceName: undefined }, /serviceName/],
    [{ clientSecret: undefined }, /clientSecret must be a non-empty string or a function for authMethod "body"/],
    [{ authMethod: 'basic' }, /authMethod must be one of body, header.* \(got "basic"\); did you mean `header`\?$/],
    [{ authMethod: 'client_secret_basic' }, /authMethod must be one of .*; did you mean `header`\?$/],
    [{ authMethod: 'client_secret_post' }, /authMethod must be one of .*; did you mean `body`\?$/],
    [{ authMethod: 'tls_client_auth' }, /authMethod must be one of .*; did you mean `tls`\?$/],
    [{ authMethod: 'toString' }, /authMethod must be one of .* \(got "toString"\)$/],
    [{ authMethod: { type: 'body', secret: 'canary' } }, /authMethod must be one of body, header.* \(got an object\)/],
    [{ authMethod: Symbol('body') }, /authMethod must be one of body, header, .* \(got a symbol\)/],
    [{ authMethod: null }, /authMethod must be one of body, header, .* \(got null\)/],
    [{ clientId: null }, /clientId must be a non-empty string \(got null\)/],
    [{ clientId: ['a'] }, /clientId must be a non-empty string \(got an array\)/],
    [{ strict: {} }, /strict must be true or false \(got an object\)/],
    [{ authMethod: 'none' }, /clientSecret is not used/],
    [{ authMethod: 'private_key_jwt', clientSecret: undefined }, /privateKey must be a private key/],
    [{ authMethod: 'private_key_jwt', clientSecret: undefined, privateKey: 42 }, /privateKey must be a private key/],
    [
      { ...signing, privateKey: '-----BEGIN PRIVATE KEY-----\nAAAAA=AA\n-----END PRIVATE KEY-----' },
      /privateKey is a PEM whose base64 is broken/,
    ],
    [{ ...signing, privateKey: { kty: 'RSA', d: 'd', alg: 'RSA-OAEP' } }, /privateKey is a JWK of a kind that cannot sign/],
    [{ ...signing, privateKey: cryptoKey('RSA-OAEP', ['decrypt']) }, /privateKey is a CryptoKey of a kind that cannot sign/],
    [{ ...signing, privateKey: cryptoKey('ECDSA', []) }, /privateKey is a CryptoKey without the usage 'sign'/],
    [{ ...signing, privateKey: cryptoKey('ECDSA', undefined) }, /privateKey is a CryptoKey without the usage 'sign'/],
    [{ privateKey: 'x' }, /privateKey is used with authMethod "private_key_jwt" alone/],
    [{ audience: 'x' }, /extraParams: \{ audience \}/],
    [{ scope: 7 }, /scope/],
    [{ timeoutMs: 0.5 }, /did you mean 500\?/],
    [{ timeoutMs: 2.5 }, /did you mean 2500\?/],
    [{ extraParams: { grant_type: 'password' } }, /extraParams.grant_type/],
    [{ extraParams: { client_secret: 'other' } }, /extraParams.client_secret/],
    [{ extraParams: { n: 7 } }, /extraParams.n/],
    [{ extraParams: ['a'] }, /extraParams must be a plain object/],
    [{ extraParams: new URLSearchParams('a=b') }, /extraParams must be a plain object/],
    [{ extraParams: null }, /extraParams must be a plain object/],
    [{ client_id: 'x' }, /did you mean `clientId`\?/],
    [{ tokenEndpoint: 'x' }, /did you mean `tokenUrl`\?/],
    [{ token_endpoint: 'x' }, /did you mean `tokenUrl`\?/],
    [{ secret: 'x' }, /did you mean `clientSecret`\?/],
    [{ clientSecret: undefined }, /clientSecret must be .* "body", or authMethod: 'none' for a public client/],
    [{ revocationUrl: '/revoke' }, /revocationUrl/],
    [{ tokenTypes: [] }, /tokenTypes/],
  ])('%j is refused by name', (more, message) => {
    expect(() => provider(more)).toThrow(ConfigurationError)
    expect(() => provider(more)).toThrow(message)
    expect(() => provider(more)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('canary') }))
  })

  it('a BigInt as authMethod is refused by name', () => {
    expect(() => provider({ authMethod: 5n })).toThrow(/authMethod must be one of body, header/)
  })

  it('http is accepted on loopback hosts, and elsewhere with allowInsecureRequests', () => {
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]']) provider({ tokenUrl: `http://${host}/t` })
    provider({ tokenUrl: 'http://auth.example.com/t', allowInsecureRequests: true })
  })

  it('extra parameters may repeat what is sent anyway', () => {
    provider({ scope: 'a', extraParams: { grant_type: 'client_credentials', scope: 'a', client_secret: secret } })
  })
})

describe('identity', () => {
  it('differs for whatever makes the token another, and not for the order of scopes', () => {
    const identity = (more: object): string => JSON.stringify(provider(more).identity)
    const others = [
      {},
      { clientId: 'b' },
      { scope: 'a b' },
      { scope: 'a' },
      { extraParams: { audience: 'x' } },
      { tokenUrl: `${server.url}2` },
    ]
    expect(new Set(others.map(identity)).size).toBe(others.length)
    expect(identity({ scope: 'b a' })).toBe(identity({ scope: ['a', 'b'] }))
  })

  it('holds no secret, and neither do inspection and JSON of a provider', () => {
    const shown = provider()
    expect(JSON.stringify(shown.identity)).not.toContain('canary')
    expect(inspect(shown, { showHidden: true, depth: 9 })).not.toContain('canary')
    expect(JSON.stringify(shown)).toBe('{"serviceName":"api","clientId":"my-client.v1_x~"}')
  })
})
