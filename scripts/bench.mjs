// npm run bench: runs every benchmark, or those that are named: npm run bench -- token-cost. They want Node 24, which on Linux is installed with the rest.
import { ensureRedisServer } from './redis.mjs'
import { installPackages, run } from './workspace.mjs'

const benchmarks = ['token-cost', 'token-herd', 'token-keys', 'client-cpu']

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !benchmarks.includes(name))
if (unknown.length > 0) throw new Error(`there is no benchmark ${unknown.join(', ')}; there are ${benchmarks.join(', ')}`)
await installPackages()
await ensureRedisServer()
const failed = []
for (const name of chosen.length > 0 ? chosen : benchmarks) {
  console.log(`\n== ${name}`)
  const code = await run('node', ['--expose-gc', '--max-old-space-size=4096', `bench/${name}.ts`])
  if (code !== 0) failed.push(name)
}
if (failed.length > 0) console.error(`\nfigures that do not hold: ${failed.join(', ')}`)
process.exitCode = failed.length
