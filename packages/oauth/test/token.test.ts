import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { setUp } from './fixtures/set-up.ts'

const secrets = ['canary-access', 'canary-refresh', 'canary-id-token']

async function tokenWithSecrets() {
  const { provider, manager } = setUp()
  provider.fetches.push({
    accessToken: 'canary-access',
    refreshToken: 'canary-refresh',
    extra: { id_token: 'canary-id-token' },
    scope: 'read',
    tokenType: 'bearer',
  })
  return manager.getToken()
}

describe('a token', () => {
  it.each([
    ['inspect', (token: unknown) => inspect(token)],
    ['inspect of what holds it', (token: unknown) => inspect({ nested: [token] }, { depth: 9 })],
    ['inspect with everything shown', (token: unknown) => inspect(token, { showHidden: true, getters: false, depth: 9 })],
    ['inspect without its own view', (token: unknown) => inspect(token, { customInspect: false, showHidden: true, depth: 9 })],
    ['JSON', (token: unknown) => JSON.stringify({ token })],
    ['a string', (token: unknown) => String(token)],
    ['a copy', (token: unknown) => JSON.stringify({ ...(token as object) })],
    ['its keys and values', (token: unknown) => JSON.stringify(Object.entries(token as object))],
  ])('shows no secret in %s', async (_name, show) => {
    const shown = show(await tokenWithSecrets())
    for (const secret of secrets) expect(shown).not.toContain(secret)
  })

  it('says of itself what is no secret', async () => {
    const token = await tokenWithSecrets()
    expect(inspect(token)).toMatch(/^Token \{\s+accessToken: '\[redacted\]',\s+tokenType: 'Bearer'/)
    expect(JSON.parse(JSON.stringify(token))).toMatchObject({
      accessToken: '[redacted]',
      refreshToken: '[redacted]',
      scope: 'read',
      extra: ['id_token'],
    })
  })

  it('is frozen, and its extra too', async () => {
    const token = await tokenWithSecrets()
    expect(Object.isFrozen(token)).toBe(true)
    expect(Object.isFrozen(token.extra)).toBe(true)
    expect(() => Object.assign(token, { accessToken: 'other' })).toThrow(TypeError)
  })

  it('gives its plain form on request', async () => {
    const token = await tokenWithSecrets()
    expect(token.toData()).toMatchObject({
      accessToken: 'canary-access',
      refreshToken: 'canary-refresh',
      extra: { id_token: 'canary-id-token' },
    })
  })

  it('writes Bearer as APIs want it, and other types as they came', async () => {
    const { provider, manager } = setUp()
    for (const tokenType of ['bearer', 'BEARER', undefined]) {
      provider.fetches.push({ accessToken: 'x', tokenType })
      expect((await manager.forceRefresh()).authorizationHeader).toBe('Bearer x')
    }
    provider.fetches.push({ accessToken: 'x', tokenType: 'DPoP' })
    expect((await manager.forceRefresh()).authorizationHeader).toBe('DPoP x')
  })
})
