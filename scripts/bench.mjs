// npm run bench: runs every benchmark, or those that are named: npm run bench -- client --write. They want Node 24, which on Linux is installed with the rest.
import { join } from 'node:path'
import { ensureRedisServer } from './redis.mjs'
import { installPackages, must, root, run } from './workspace.mjs'

const benchmarks = ['token-cost', 'token-herd', 'token-keys', 'client', 'client-runtimes', 'core-values', 'redis-fleet']

const options = process.argv.slice(2).filter((argument) => argument.startsWith('--'))
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const unknown = chosen.filter((name) => !benchmarks.includes(name))
if (unknown.length > 0) throw new Error(`there is no benchmark ${unknown.join(', ')}; there are ${benchmarks.join(', ')}`)
const names = chosen.length > 0 ? chosen : benchmarks
await installPackages()
if (names.includes('redis-fleet')) await ensureRedisServer()
if (names.some((name) => name.startsWith('client'))) await installPeers()
const failed = []
for (const name of names) {
  console.log(`\n== ${name}`)
  const code = await run('node', ['--expose-gc', '--max-old-space-size=4096', `bench/${name}.ts`, ...options])
  if (code !== 0) failed.push(name)
}
if (options.includes('--write')) await must('biome', ['format', '--write', 'docs'])
if (failed.length > 0) console.error(`\nfigures that do not hold: ${failed.join(', ')}`)
process.exitCode = failed.length

/** What ours is compared with. Its versions are pinned; no lock file, which would name hosts. */
async function installPeers() {
  await must('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], {
    cwd: join(root, 'bench', 'peers'),
  })
}
