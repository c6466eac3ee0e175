// npm run demo: installs what is missing, builds, and runs the demonstration. --redis, or REDIS_URL, runs it on Redis.
import { capture, ensureRedisServer, env, installPackages, run } from './workspace.mjs'

await installPackages()
const { code, output } = await capture('turbo', ['run', 'build', '--output-logs=errors-only'])
if (code !== 0) {
  console.error(output)
  process.exit(code)
}
const args = process.argv.slice(2)
if (args.includes('--redis') && !process.env.REDIS_URL && !ensureRedisServer()) {
  console.error('there is no redis-server here: install one, or give REDIS_URL')
  process.exit(1)
}
process.exit(await run('tsx', ['examples/demo/src/main.ts', ...args], { env }))
