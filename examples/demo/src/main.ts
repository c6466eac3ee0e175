import { randomUUID } from 'node:crypto'
import { styleText } from 'node:util'
import { InMemoryTokenStorage, RedisTokenStorage } from 'requestforge'
import { startApi, startForeignServer } from './apis.ts'
import { startIdentityProvider } from './identity-provider.ts'
import { Report } from './report.ts'
import { scenesWith } from './scenes.ts'

const redisUrl = process.env['REDIS_URL']
const keyPrefix = `requestforge-demo-${randomUUID()}`
const memory = new InMemoryTokenStorage()
const openStorage = (): InMemoryTokenStorage | RedisTokenStorage =>
  redisUrl ? new RedisTokenStorage({ url: redisUrl, keyPrefix, timeoutMs: 5_000 }) : memory

await using identityProvider = await startIdentityProvider()
await using foreignServer = await startForeignServer()
await using api = await startApi((token) => identityProvider.isActive(token), `${foreignServer.origin}/collect`)
const storage = openStorage()
const otherStorage = openStorage()
// The first call to a Redis loads its client and connects; a Redis that is not there ends the demonstration here.
await Promise.all([storage.get('ready'), otherStorage.get('ready')]).catch((cause: unknown) => {
  throw new Error(`there is no Redis at ${redisUrl}`, { cause })
})

console.log(
  `\n  ${styleText('bold', 'requestforge')}  with oidc-provider on ${identityProvider.origin}, tokens ${redisUrl ? 'on Redis' : 'in memory'}\n`,
)
const report = new Report(() => identityProvider.tokenRequests)
for (const scene of scenesWith({ identityProvider, api, foreignServer, storage, otherStorage })) await report.play(scene)
for (const opened of [storage, otherStorage]) if (opened instanceof RedisTokenStorage) await opened.close()
process.exitCode = report.end(api.credentials.length) ? 0 : 1
