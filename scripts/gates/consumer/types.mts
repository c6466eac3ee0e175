import type { HttpClient, HttpResponse, TypedHttpResponse } from '@requestforge/core'
import { type Token, TokenManager } from '@requestforge/oauth'
import { ExponentialBackoffRetryStrategy } from '@requestforge/retry'
import { InMemoryTokenStorage } from '@requestforge/storage-memory'
import { RedisTokenStorage } from '@requestforge/storage-redis'
import { fakeToken, ManualClock, MockTokenProvider } from '@requestforge/testing'
import * as everything from 'requestforge'
import { MockTokenProvider as BySubpath } from 'requestforge/testing'

const tokenManager = new TokenManager({
  provider: new MockTokenProvider({ tokens: [fakeToken()] }),
  storage: new InMemoryTokenStorage(),
  clock: new ManualClock(),
})
export const other: TokenManager = new TokenManager({
  provider: new BySubpath(),
  storage: new RedisTokenStorage({ url: 'redis://127.0.0.1' }),
})
const client = new everything.HttpClient({
  baseUrl: 'https://api.example.com',
  tokenAuth: { tokenManager },
  retryStrategy: new ExponentialBackoffRetryStrategy(),
  timeoutMs: undefined,
})
export const plain: HttpClient = client
export const token: Promise<Token> = tokenManager.getToken()
export const response: Promise<HttpResponse> = client.get('/users')
interface User {
  readonly id: number
}
declare const schema: everything.StandardSchemaV1<unknown, User>
export const typed: Promise<TypedHttpResponse<User>> = client.get('/users/1', { schema })
export const user: Promise<User> = client.post('/users', { json: { id: 1 }, schema }).json()
// @ts-expect-error one body a request
client.post('/users', { json: 1, form: { a: 1 } })
// @ts-expect-error a habit from elsewhere
client.post('/users', { name: 'John' })

export async function errors(error: unknown): Promise<number | string | undefined> {
  if (error instanceof everything.AuthenticationError) return error.serviceName
  if (error instanceof everything.RateLimitError) return error.retryAfterMs
  if (error instanceof everything.HttpStatusError) return error.status
  return undefined
}
