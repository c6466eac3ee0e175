import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  AuthenticationError,
  ClientCredentialsTokenProvider,
  ExponentialAuthRetryStrategy,
  ExponentialBackoffRetryStrategy,
  fakeToken,
  HttpClient,
  HttpClientConfigBuilder,
  HttpClientError,
  InMemoryTokenStorage,
  MockTokenProvider,
  PasswordGrantTokenProvider,
  SimpleAuthRetryStrategy,
  startOAuthServer,
  TokenData,
  TokenManager,
  type TokenProvider,
  UnauthorizedError,
} from '../src/index.ts'
import { type ApiServer, startApiServer } from './fixtures/api-server.ts'

let oauth: Awaited<ReturnType<typeof startOAuthServer>>
let api: ApiServer

beforeEach(async () => {
  oauth = await startOAuthServer({
    clients: [{ clientId: 'your-client-id', clientSecret: 'your-client-secret' }],
    users: [{ username: 'user@example.com', password: 'user-password' }],
  })
  api = await startApiServer()
})

afterEach(async () => {
  await Promise.all([oauth.close(), api.close()])
})

function clientCredentials(more: object = {}): ClientCredentialsTokenProvider {
  return new ClientCredentialsTokenProvider({
    tokenUrl: oauth.tokenUrl,
    clientId: 'your-client-id',
    clientSecret: 'your-client-secret',
    serviceName: 'example-api',
    ...more,
  })
}

function clientWith(tokenManager: TokenManager, more: object = {}): HttpClient {
  return new HttpClient(
    new HttpClientConfigBuilder()
      .withBaseUrl(api.url)
      .withTokenAuth({ tokenManager, ...more })
      .build(),
  )
}

describe('client credentials', () => {
  it('fetches one token for many requests and sends it with each', async () => {
    const tokenManager = new TokenManager({
      provider: clientCredentials({ scope: 'read write' }),
      storage: new InMemoryTokenStorage(),
    })
    const client = clientWith(tokenManager)
    await client.get('/users')
    await client.get('/posts')
    const token = await tokenManager.getToken()
    expect(api.seen.map((request) => request.authorization)).toEqual([token.authorizationHeader, token.authorizationHeader])
    expect(oauth.requests).toHaveLength(1)
  })

  it('sends the credentials as HTTP Basic with authMethod header', async () => {
    await new TokenManager({ provider: clientCredentials({ authMethod: 'header' }) }).getToken()
    expect(oauth.requests).toHaveLength(1)
  })

  it('accepts extra parameters, and grant_type among them when it says the same', async () => {
    const provider = clientCredentials({ extraParams: { audience: 'https://api.example.com', grant_type: 'client_credentials' } })
    expect((await provider.fetchToken()).accessToken).not.toBe('')
  })

  it('refuses extra parameters that say something else', () => {
    expect(() => clientCredentials({ extraParams: { grant_type: 'password' } })).toThrow(/grant_type/)
  })
})

describe('password grant', () => {
  it('logs the user in and sends the token', async () => {
    const provider = new PasswordGrantTokenProvider({
      tokenUrl: oauth.tokenUrl,
      clientId: 'your-client-id',
      clientSecret: 'your-client-secret',
      username: 'user@example.com',
      password: 'user-password',
      serviceName: 'example-api',
      scope: 'profile email',
    })
    const response = await clientWith(new TokenManager({ provider, storage: new InMemoryTokenStorage() })).get('/user/profile')
    expect(response.status).toBe(200)
    expect(api.seen[0]?.authorization).toMatch(/^Bearer ./)
  })
})

describe('token refresh', () => {
  it('uses the cached token until it is told otherwise', async () => {
    const tokenManager = new TokenManager({ provider: clientCredentials() })
    const first = await tokenManager.getToken()
    expect(await tokenManager.getToken()).toBe(first)
    const forced = await tokenManager.forceRefresh()
    expect(forced.accessToken).not.toBe(first.accessToken)
    await tokenManager.invalidateToken()
    expect((await tokenManager.getToken()).accessToken).not.toBe(forced.accessToken)
    expect(oauth.requests).toHaveLength(3)
  })
})

describe('a 401 from the API', () => {
  it.each([
    ['simple', new SimpleAuthRetryStrategy({ maxRetries: 1, delayMs: 5 })],
    [
      'exponential',
      new ExponentialAuthRetryStrategy({ maxRetries: 2, baseDelayMs: 5, maxDelayMs: 50, multiplier: 2, jitter: true }),
    ],
    ['default', undefined],
  ])('replaces the token and sends again (%s strategy)', async (_name, authRetryStrategy) => {
    const tokenManager = new TokenManager({ provider: clientCredentials() })
    const client = clientWith(tokenManager, { authRetryStrategy })
    api.rejected.add((await tokenManager.getToken()).authorizationHeader)
    const response = await client.get('/protected-resource')
    expect(response.status).toBe(200)
    expect(response.attempts).toBe(2)
    expect(oauth.requests).toHaveLength(2)
  })

  it('is an UnauthorizedError when the new token is rejected too', async () => {
    const client = clientWith(new TokenManager({ provider: clientCredentials() }))
    const tokens = new Set<string>()
    api.rejected.has = (value) => tokens.add(value) !== undefined // rejects all, and remembers
    await expect(client.get('/protected-resource')).rejects.toBeInstanceOf(UnauthorizedError)
    expect(tokens.size).toBe(2)
  })
})

describe('a custom provider', () => {
  class CustomOAuth2Provider implements TokenProvider {
    readonly serviceName = 'custom-api'
    fetches = 0

    async fetchToken(): Promise<TokenData> {
      this.fetches += 1
      return TokenData.fromResponse({ access_token: `custom-${this.fetches}`, expires_in: 3600, refresh_token: 'r' })
    }

    async refreshToken(): Promise<TokenData> {
      return this.fetchToken()
    }
  }

  it('needs serviceName and fetchToken, and gets caching and renewal from the manager', async () => {
    const provider = new CustomOAuth2Provider()
    const tokenManager = new TokenManager({ provider })
    const tokens = await Promise.all(Array.from({ length: 50 }, () => tokenManager.getToken()))
    expect(new Set(tokens.map((token) => token.accessToken))).toEqual(new Set(['custom-1']))
    expect(provider.fetches).toBe(1)
  })
})

describe('several services', () => {
  it('each client sends its own token', async () => {
    const [a, b] = ['a', 'b'].map(
      (service) => new TokenManager({ provider: clientCredentials({ serviceName: `service-${service}` }) }),
    )
    if (a === undefined || b === undefined) throw new Error('two managers were made')
    await clientWith(a).get('/data')
    await clientWith(b).get('/data')
    expect(api.seen[0]?.authorization).not.toBe(api.seen[1]?.authorization)
    expect(oauth.requests).toHaveLength(2)
  })
})

describe('path exclusion', () => {
  it.each(['/health', '/public/docs', '/x/health', '/api/v2/status', '/docs/a/b'])(
    'sends no token to %s, and asks for none',
    async (path) => {
      api.open.add(path)
      const client = clientWith(new TokenManager({ provider: clientCredentials() }), {
        excludedPaths: new Set(['/health', '/status', '/public/docs']),
        excludedPathPatterns: ['/docs/*', '*/health', '/api/v*/status'],
      })
      await client.get(path)
      expect(api.seen[0]?.authorization).toBeUndefined()
      expect(oauth.requests).toHaveLength(0)
    },
  )
})

describe('token inspection', () => {
  it('shows every part of the token, and none of it in JSON', async () => {
    const token = await new TokenManager({ provider: clientCredentials({ scope: 'read' }) }).getToken()
    expect(token.tokenType).toBe('Bearer')
    expect(token.expiresAt).toBeGreaterThan(Date.now())
    expect(token.isExpired).toBe(false)
    expect(token.scope).toBe('read')
    expect(token.authorizationHeader).toBe(`Bearer ${token.accessToken}`)
    expect(JSON.stringify(token)).not.toContain(token.accessToken)
  })
})

describe('the complete example', () => {
  it('gets, creates, updates and deletes with every feature switched on, and logs no token', async () => {
    const lines: string[] = []
    const log = (message: string, fields?: unknown) => void lines.push(message + JSON.stringify(fields))
    const tokenManager = new TokenManager({
      provider: clientCredentials({ scope: 'read write delete' }),
      storage: new InMemoryTokenStorage(),
    })
    const client = new HttpClient(
      new HttpClientConfigBuilder()
        .withBaseUrl(api.url)
        .withTimeout(30_000)
        .withRetryStrategy(new ExponentialBackoffRetryStrategy({ maxRetries: 3, baseDelayMs: 1_000, maxDelayMs: 60_000 }))
        .withTokenAuth({
          tokenManager,
          authRetryStrategy: new SimpleAuthRetryStrategy({ maxRetries: 1, delayMs: 500 }),
          excludedPaths: ['/health', '/metrics'],
          excludedPathPatterns: ['/public/*'],
        })
        .withLogging({
          logger: { debug: log, info: log, warn: log, error: log },
          logHeaders: true,
          logBody: false,
          sensitiveKeys: ['authorization'],
        })
        .withPoolConnection(20)
        .withPoolMaxsize(50)
        .build(),
    )
    await client.get('/users').json()
    await client.post('/users', { json: { name: 'John Doe', email: 'john@example.com' } })
    await client.put('/users/123', { json: { name: 'Jane Doe' } })
    await client.delete('/users/123')
    await client.close()
    expect(api.seen.map((request) => `${request.method} ${request.path}`)).toEqual([
      'GET /users',
      'POST /users',
      'PUT /users/123',
      'DELETE /users/123',
    ])
    expect(JSON.parse(api.seen[1]?.body ?? '')).toEqual({ name: 'John Doe', email: 'john@example.com' })
    expect(oauth.requests).toHaveLength(1)
    expect(lines.length).toBeGreaterThanOrEqual(4)
    expect(lines.join('\n')).not.toContain((await tokenManager.getToken()).accessToken)
  })
})

describe('errors', () => {
  it('AuthenticationError arrives with its message and service name', async () => {
    const client = clientWith(new TokenManager({ provider: clientCredentials({ clientSecret: 'wrong' }) }))
    const error = await client.get('/protected-resource').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error).toBeInstanceOf(HttpClientError)
    expect(error).toMatchObject({ serviceName: 'example-api', oauthError: 'invalid_client', retryable: false })
    expect(String(error)).not.toContain('wrong')
    expect(api.seen).toHaveLength(0)
  })
})

describe('testing', () => {
  it('a mock provider stands in for the server', async () => {
    const provider = new MockTokenProvider({ serviceName: 'test-service', tokens: [fakeToken({ accessToken: 'test-token' })] })
    const tokenManager = new TokenManager({ provider })
    expect((await tokenManager.getToken()).accessToken).toBe('test-token')
    await clientWith(tokenManager).get('/users')
    expect(api.seen[0]?.authorization).toBe('Bearer test-token')
    expect(provider.fetchCount).toBe(1)
  })
})
