// npm test: installs what is missing, then runs every test. Arguments go on to vitest: npm test -- packages/core
import { ensureRedisServer, warnWithoutRedis } from './redis.mjs'
import { installPackages, run } from './workspace.mjs'

await installPackages()
if (!(await ensureRedisServer())) warnWithoutRedis('THE REDIS TESTS ARE SKIPPED')
process.exitCode = await run('vitest', ['run', ...process.argv.slice(2)])
