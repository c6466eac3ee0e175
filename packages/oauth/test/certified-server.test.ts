import { ReauthenticationRequiredError } from '@requestforge/core/errors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClientCredentialsTokenProvider, PasswordGrantTokenProvider, TokenManager } from '../src/index.ts'
import { type CertifiedServer, clientSecret, startCertifiedServer } from './fixtures/certified-server.ts'

let server: CertifiedServer
let privateKey: JsonWebKey

beforeAll(async () => {
  const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  privateKey = { ...(await crypto.subtle.exportKey('jwk', pair.privateKey)), alg: 'ES256' }
  server = await startCertifiedServer(await crypto.subtle.exportKey('jwk', pair.publicKey))
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

function provider(more: object): ClientCredentialsTokenProvider {
  return new ClientCredentialsTokenProvider({
    tokenUrl: server.tokenUrl,
    clientId: 'body',
    serviceName: 'api',
    clientSecret,
    ...more,
  })
}

describe('on a certified server', () => {
  it.each<[string, () => object]>([
    ['body', () => ({})],
    ['header', () => ({ clientId: 'header', authMethod: 'header' })],
    ['client_secret_jwt', () => ({ clientId: 'hmac', authMethod: 'client_secret_jwt', audience: server.issuer })],
    [
      'private_key_jwt',
      () => ({
        clientId: 'signing',
        authMethod: 'private_key_jwt',
        privateKey,
        clientSecret: undefined,
        audience: server.issuer,
      }),
    ],
  ])('authenticates by %s, twice', async (_name, more) => {
    const client = provider(more())
    const tokens = [await client.fetchToken(), await client.fetchToken()]
    for (const { accessToken } of tokens) expect(await server.isActive(accessToken)).toBe(true)
  })

  it('a wrong secret is invalid_client, and remembered', async () => {
    const manager = new TokenManager({ provider: provider({ clientSecret: 'wrong' }) })
    const expected = { oauthError: 'invalid_client', retryable: false, serviceName: 'api' }
    await expect(manager.getToken()).rejects.toMatchObject(expected)
    await expect(manager.getToken()).rejects.toMatchObject(expected)
  })

  it('revokeToken ends the token at the server too', async () => {
    const manager = new TokenManager({ provider: provider({ revocationUrl: server.revocationUrl }) })
    const { accessToken } = await manager.getToken()
    await manager.revokeToken()
    expect(await server.isActive(accessToken)).toBe(false)
    expect((await manager.getToken()).accessToken).not.toBe(accessToken)
  })

  it('a password is sent once, and rotated refresh tokens from then on', async () => {
    let passwords = 0
    const countedPassword = (): string => {
      passwords++
      return 'user-password'
    }
    const options = { tokenUrl: server.tokenUrl, clientId: 'body', clientSecret, serviceName: 'api', username: 'ada' }
    const password = new PasswordGrantTokenProvider({ ...options, password: countedPassword })
    const manager = new TokenManager({ provider: password })
    const first = await manager.getToken()
    const second = await manager.forceRefresh()
    const third = await manager.forceRefresh()
    expect(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size).toBe(3)
    expect(await server.isActive(third.accessToken)).toBe(true)
    expect(passwords).toBe(1)
  })

  it('a refresh token that was used before ends the session, and where no other grant is, that is said', async () => {
    const options = {
      tokenUrl: server.tokenUrl,
      clientId: 'body',
      clientSecret,
      serviceName: 'api',
      username: 'ada',
      password: 'user-password',
    }
    const password = new PasswordGrantTokenProvider(options)
    const login = await password.fetchToken()
    await password.refreshToken(login)
    const session = {
      serviceName: 'api',
      canFetch: false,
      fetchToken: () => Promise.resolve({ ...login, expiresAt: Date.now() }),
      refreshToken: password.refreshToken.bind(password),
    }
    const manager = new TokenManager({ provider: session })
    await manager.getToken()
    await expect(manager.getToken()).rejects.toBeInstanceOf(ReauthenticationRequiredError)
  })
})
