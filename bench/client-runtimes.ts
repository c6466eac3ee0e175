import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Ours beside the platform's fetch on Bun and Deno, as far as their binaries are there for this machine.
const peers = new URL('peers/node_modules/', import.meta.url)
const arch = process.arch === 'arm64' ? { bun: 'aarch64', deno: 'arm64' } : { bun: 'x64', deno: 'x64' }
const runtimes = [
  { title: 'Bun', file: `@oven/bun-linux-${arch.bun}/bin/bun`, run: [] },
  { title: 'Deno', file: `@deno/linux-${arch.deno}-glibc/deno`, run: ['run', '--allow-all'] },
]
const script = fileURLToPath(new URL('client-portable.ts', import.meta.url))
const server = fork(new URL('client-server.ts', import.meta.url), { execArgv: [] })
const [port] = await once(server, 'message')
for (const { title, file, run } of runtimes) {
  const path = new URL(file, peers)
  if (!existsSync(path)) console.log(`${title}: not here`)
  else {
    const { stdout, stderr, status } = spawnSync(fileURLToPath(path), [...run, script, `http://127.0.0.1:${port}`], {
      encoding: 'utf8',
    })
    console.log(`${title}: ${stdout.trim() || stderr.trim()}`)
    if (status !== 0) process.exitCode = 1
  }
}
server.disconnect()
process.exit()
