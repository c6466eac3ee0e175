import { createHash } from 'node:crypto'
import { ClientCredentialsTokenProvider, TokenManager } from '@requestforge/oauth'
import { RedisTokenStorage } from '@requestforge/storage-redis'

const [tokenUrl = '', redisUrl = ''] = process.argv.slice(2)

// The one line that makes processes share: every manager with this service, client and scope has the same token.
await using storage = new RedisTokenStorage({ url: redisUrl, keyPrefix: 'example', timeoutMs: 5_000 })
// Opened when the process starts: the first call loads the Redis client and connects, which takes longer than a token may wait for its storage.
await storage.get('start-up')

await using tokenManager = new TokenManager({
  provider: new ClientCredentialsTokenProvider({
    tokenUrl,
    clientId: 'your-client-id',
    clientSecret: 'your-client-secret',
    serviceName: 'example-api',
  }),
  storage,
  // Patient, as processes that all start at once are slow. A service would rather do without its storage than wait for it.
  storageTimeoutMs: 5_000,
})

const { accessToken } = await tokenManager.getToken()
console.log(createHash('sha256').update(accessToken).digest('hex').slice(0, 8))
