import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A Redis to share, or undefined where there is none. */
export async function findRedis(): Promise<({ readonly url: string } & AsyncDisposable) | undefined> {
  const given = process.env['REDIS_URL']
  if (given) return { url: given, async [Symbol.asyncDispose]() {} }
  const port = await freePort()
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'])
  const isHere = await new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.stdout.on('data', (chunk) => String(chunk).includes('Ready to accept connections') && resolve(true))
  })
  if (!isHere) return undefined
  return {
    url: `redis://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('there is no free port')
  return address.port
}
