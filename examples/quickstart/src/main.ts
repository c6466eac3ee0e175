import { ClientCredentialsTokenProvider, ExponentialBackoffRetryStrategy, HttpClient, TokenManager } from 'requestforge'
import { startStandIns } from '../../stand-ins/src/servers.ts'

// In place of your OAuth server and your API.
await using standIns = await startStandIns()

const tokenManager = new TokenManager({
  provider: new ClientCredentialsTokenProvider({
    tokenUrl: standIns.tokenUrl,
    clientId: 'your-client-id',
    clientSecret: 'your-client-secret',
    serviceName: 'example-api',
    scope: 'read write',
  }),
})

await using client = new HttpClient({
  baseUrl: standIns.apiUrl,
  timeoutMs: 10_000,
  retryStrategy: new ExponentialBackoffRetryStrategy({ maxRetries: 3 }),
  tokenAuth: { tokenManager, excludedPaths: ['/health'] },
})

interface User {
  readonly id: number
  readonly name: string
}

// Many callers, one token.
const [health, users, ada] = await Promise.all([
  client.get('/health').json<{ status: string }>(), // carries no token
  client.get('/users').json<User[]>(),
  client.get('/users/1').json<User>(),
])
console.log(`The API is ${health.status} and has ${users.length} users, ${ada.name} among them.`)

// The token is revoked behind our back: the API says 401, it is replaced, and the request is sent again.
standIns.oauth.revoke()
const response = await client.get('/users/2')
const grace = await response.json<User>()
console.log(`${grace.name} was reached in ${response.attempts} attempts.`)

console.log(`${standIns.oauth.requests.length} token requests in all.`)
if (standIns.oauth.requests.length !== 2) throw new Error('two were expected')
