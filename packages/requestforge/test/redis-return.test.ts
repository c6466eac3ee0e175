import { setTimeout as sleep } from 'node:timers/promises'
import {
  PasswordGrantTokenProvider,
  ReauthenticationRequiredError,
  type TokenData,
  TokenManager,
  type TokenProvider,
} from '@requestforge/oauth'
import { RedisTokenStorage } from '@requestforge/storage-redis'
import { startOAuthServer } from '@requestforge/testing'
import { describe, expect, it } from 'vitest'
import { hasRedisServer, startRedisServer } from '../../storage-redis/test/fixtures/redis-server.ts'

/** Whoever looks at a Redis that is there has the time for it. */
const patienceMs = 5_000

const client = { clientId: 'a', clientSecret: 's' }

/** Processes of a fleet can refresh the session, and cannot log in. */
function withoutLogin(login: TokenProvider): TokenProvider {
  return {
    serviceName: login.serviceName,
    canFetch: false,
    fetchToken: () =>
      Promise.reject(new ReauthenticationRequiredError('nobody is here', { serviceName: 'users', reason: 'no_grant' })),
    refreshToken: (current: TokenData, context) =>
      login.refreshToken?.(current, context) ?? Promise.reject(new Error('no refresh')),
  }
}

function join(provider: TokenProvider, url: string) {
  const storage = new RedisTokenStorage({ url, timeoutMs: patienceMs })
  const manager = new TokenManager({ provider, storage, key: 'session', storageTimeoutMs: patienceMs })
  return {
    manager,
    async [Symbol.asyncDispose]() {
      await manager.close()
      await storage.close()
    },
  }
}

describe.skipIf(!hasRedisServer)('when Redis went away in mid-renewal', () => {
  it('whoever asks at its return waits for the rotated refresh token instead of presenting the spent one', async () => {
    await using redis = await startRedisServer({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    await using server = await startOAuthServer({ clients: [client], users: [{ username: 'u', password: 'p' }] })
    const login = new PasswordGrantTokenProvider({
      tokenUrl: server.tokenUrl,
      ...client,
      username: 'u',
      password: 'p',
      serviceName: 'users',
    })
    server.failNext({ tokenResponse: { expires_in: 3 } })
    await using first = join(login, redis.url)
    await first.manager.getToken()
    await using holder = join(withoutLogin(login), redis.url)
    await using other = join(withoutLogin(login), redis.url)
    await Promise.all([holder.manager.getToken(), other.manager.getToken()])
    await sleep(3_000)
    server.failNext({ delayMs: 1_000 })
    const renewed = holder.manager.getToken()
    while (server.requests.length < 2) await sleep(5)
    await redis.kill()
    const token = await renewed
    // Until the holder has tried in vain to store it, and is between two tries.
    await sleep(2_500)
    await redis.start()
    expect((await other.manager.getToken()).accessToken).toBe(token.accessToken)
    expect(server.reuseCount).toBe(0)
  }, 40_000)
})
