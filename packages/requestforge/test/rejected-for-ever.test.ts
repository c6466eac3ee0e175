import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  ExponentialAuthRetryStrategy,
  HttpClient,
  MockTokenProvider,
  SimpleAuthRetryStrategy,
  TokenManager,
  UnauthorizedError,
} from 'requestforge'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

let sends = 0
const api = createServer((_request, response) => {
  sends += 1
  response.writeHead(401).end()
})
beforeAll(() => new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve)))
afterAll(() => api.close())
beforeEach(() => {
  sends = 0
})

describe('an API that rejects every token', () => {
  it.each([
    ['by default', undefined, 1],
    ['with three quick retries', new SimpleAuthRetryStrategy({ maxRetries: 3 }), 3],
    ['with backoff', new ExponentialAuthRetryStrategy({ maxRetries: 2, baseDelayMs: 20, jitter: true }), 2],
  ])(
    'ends in UnauthorizedError after as many sends as there may be, and one or two tokens (%s)',
    async (_, strategy, retries) => {
      const provider = new MockTokenProvider({ serviceName: 'api' })
      const tokenManager = new TokenManager({ provider, minForcedIntervalMs: 60_000 })
      const baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
      await using client = new HttpClient({ baseUrl, tokenAuth: { tokenManager, authRetryStrategy: strategy } })
      const error = await client.get('/').catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(UnauthorizedError)
      expect(error).toMatchObject({ attempts: retries + 1 })
      expect(sends).toBe(retries + 1)
      const again = await client.get('/', { throwHttpErrors: false })
      expect(again).toMatchObject({ status: 401, attempts: retries + 1 })
      expect(provider.calls.length).toBe(2)
    },
  )
})
