import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClientCredentialsTokenProvider, HttpClient, TokenManager, type TokenStorage } from 'requestforge'
import type { Api } from './apis.ts'
import { briefLifetimeMs, clientIds, clientSecret, type IdentityProvider } from './identity-provider.ts'
import type { Scene } from './report.ts'

/** Who plays. */
export interface Cast {
  readonly identityProvider: IdentityProvider
  readonly api: Api
  readonly foreignServer: Api
  readonly storage: TokenStorage
  /** A storage as another process would open it. */
  readonly otherStorage: TokenStorage
}

/** What tokens go through, in order: each scene goes on where the one before it ended. */
export function scenesWith({ identityProvider, api, foreignServer, storage, otherStorage }: Cast): readonly Scene[] {
  const managerFor = (clientId: string, store: TokenStorage): TokenManager => {
    const { tokenUrl } = identityProvider
    const provider = new ClientCredentialsTokenProvider({ tokenUrl, clientId, clientSecret, serviceName: 'demo', scope: 'read' })
    return new TokenManager({ provider, storage: store, storageTimeoutMs: 5_000 })
  }
  const clientWith = (tokenManager: TokenManager): HttpClient =>
    new HttpClient({ baseUrl: api.origin, tokenAuth: { tokenManager, excludedPaths: ['/health'] } })

  const tokenManager = managerFor(clientIds.lasting, storage)
  const client = clientWith(tokenManager)

  return [
    {
      title: 'first token',
      asserts: 'one GET: the API accepts the token that was fetched for it',
      tokenRequests: 1,
      async play() {
        const response = await client.get('/users')
        assert.equal(response.status, 200)
        assert.deepEqual(await response.json(), { hello: 'world' })
      },
    },
    {
      title: '200 callers at once',
      asserts: 'no token is there; all 200 are answered, with the same one',
      tokenRequests: 1,
      async play() {
        await tokenManager.invalidateToken()
        const from = api.credentials.length
        const responses = await Promise.all(Array.from({ length: 200 }, () => client.get('/users')))
        assert.ok(responses.every(({ status }) => status === 200))
        assert.equal(api.credentials.length - from, 200)
        assert.equal(new Set(api.credentials.slice(from)).size, 1)
      },
    },
    {
      title: 'another manager',
      asserts: 'it is given the storage, and finds the token there',
      tokenRequests: 0,
      async play() {
        await using other = managerFor(clientIds.lasting, otherStorage)
        assert.equal((await clientWith(other).get('/users')).status, 200)
        assert.equal((await other.getToken()).accessToken, (await tokenManager.getToken()).accessToken)
      },
    },
    {
      title: 'a token expires',
      asserts: 'it lived for 2 s; the next GET has a new one, and no 401 on the way',
      tokenRequests: 2,
      async play() {
        await using brief = managerFor(clientIds.brief, storage)
        const first = await brief.getToken()
        await sleep(briefLifetimeMs + 100)
        assert.equal(await identityProvider.isActive(first.accessToken), false, 'the server still takes the first token')
        const refusedBefore = api.refused
        const response = await clientWith(brief).get('/users')
        assert.equal(response.status, 200)
        assert.equal(response.attempts, 1)
        assert.equal(api.refused, refusedBefore)
        assert.notEqual((await brief.getToken()).accessToken, first.accessToken)
        await brief.invalidateToken()
      },
    },
    {
      title: 'a token is revoked',
      asserts: '50 callers meet a 401 at once; all recover with one new token',
      tokenRequests: 1,
      async play() {
        const { accessToken } = await tokenManager.getToken()
        await identityProvider.revoke(accessToken)
        const refusedBefore = api.refused
        const responses = await Promise.all(Array.from({ length: 50 }, () => client.get('/users')))
        assert.ok(responses.every(({ status }) => status === 200))
        assert.ok(api.refused > refusedBefore, 'the API refused nobody')
        assert.notEqual((await tokenManager.getToken()).accessToken, accessToken)
      },
    },
    {
      title: 'an excluded path',
      asserts: 'GET /health is answered, and carried no Authorization header',
      tokenRequests: 0,
      async play() {
        assert.equal((await client.get('/health')).status, 200)
        assert.equal(api.credentials.at(-1), undefined)
      },
    },
    {
      title: 'a foreign origin',
      asserts: 'asked directly and by a redirect of the API: it is sent no token',
      tokenRequests: 0,
      async play() {
        assert.equal((await client.get(`${foreignServer.origin}/collect`)).status, 200)
        assert.equal((await client.get('/moved')).status, 200)
        assert.deepEqual(foreignServer.credentials, [undefined, undefined])
      },
    },
    {
      title: 'the end',
      asserts: 'the token is forgotten, here and in the storage; all is closed',
      tokenRequests: 0,
      async play() {
        await tokenManager.invalidateToken()
        await client.close()
        await tokenManager.close()
        await assert.rejects(client.get('/users'), { code: 'closed' })
      },
    },
  ]
}
