// npm run demo: installs what is missing, and runs the demonstration. With --redis, or REDIS_URL, tokens are kept on Redis.
import { ensureRedisServer, startRedisServer } from './redis.mjs'
import { env, installPackages, run } from './workspace.mjs'

const unknown = process.argv.slice(2).find((argument) => argument !== '--redis')
if (unknown !== undefined) throw new Error(`there is no argument ${unknown}; there is --redis`)
await installPackages()
const wantsRedis = process.argv.includes('--redis') && !process.env.REDIS_URL
if (wantsRedis && !(await ensureRedisServer())) {
  throw new Error('there is no redis-server here, and it cannot be installed: install one, or give REDIS_URL')
}
const redis = wantsRedis ? await startRedisServer() : undefined
try {
  process.exitCode = await run('tsx', ['examples/demo/src/main.ts'], { env: { ...env, ...(redis && { REDIS_URL: redis.url }) } })
} finally {
  redis?.stop()
}
