// npm test: installs what is missing, then runs every test. Arguments go on to vitest: npm test -- packages/core
import { ensureRedisServer, env, installPackages, run } from './workspace.mjs'

await installPackages()
if (!ensureRedisServer()) {
  const line = 'NO redis-server HERE, AND IT CANNOT BE INSTALLED: THE REDIS TESTS ARE SKIPPED'
  if (process.env.CI) {
    console.error(`${line}, which in CI is a failure`)
    process.exit(1)
  }
  console.warn(`\n*** ${line} ***\n`)
}
process.exit(await run('vitest', ['run', ...process.argv.slice(2)], { env }))
