import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { hasRedisServer, startRedisServer } from './fixtures/redis-server.ts'

const source = new URL('../src/index.ts', import.meta.url).href
// Sources are TypeScript, which this Node may not run by itself; where it does, nothing has to be built.
const canRunTypeScript = process.features.typescript !== false && process.features.typescript !== undefined

/** Runs a script in a process of its own. Gives what it printed, and how it ended. */
async function run(script: string): Promise<{ readonly code: number | null; readonly output: string; readonly afterMs: number }> {
  const text = `import { RedisTokenStorage } from ${JSON.stringify(source)}\n${script}`
  const startedAt = performance.now()
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript']
  const child = spawn(process.execPath, [...flags, '--eval', text], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const limit = setTimeout(() => child.kill('SIGKILL'), 30_000)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(limit)
  return { code, output, afterMs: performance.now() - startedAt }
}

describe.skipIf(!hasRedisServer || !canRunTypeScript)('a process with a storage', { timeout: 60_000 }, () => {
  it('ends by itself when its work is done, without close()', async () => {
    await using server = await startRedisServer()
    const { code, output } = await run(`
      const storage = new RedisTokenStorage({ url: '${server.url}', timeoutMs: 5_000 })
      storage.coordinator.subscribe('k', () => undefined)
      await storage.set('k', { accessToken: 'a' })
      console.log((await storage.get('k'))?.accessToken)`)
    expect(output).toBe('a\n')
    expect(code).toBe(0)
  })

  it('ends by itself while Redis is away', async () => {
    const { code, output } = await run(`
      const storage = new RedisTokenStorage({ url: 'redis://127.0.0.1:1', timeoutMs: 5_000 })
      storage.coordinator.subscribe('k', () => undefined)
      await storage.get('k').catch((error) => console.log(error.message))`)
    expect(output).toMatch(/ECONNREFUSED/)
    expect(code).toBe(0)
  })

  it('does not end because its Redis was killed, whoever made the client', async () => {
    await using server = await startRedisServer()
    const redis = import.meta.resolve('redis')
    const running = run(`
      import { createClient } from '${redis}'
      const timeoutMs = 3_000
      const own = new RedisTokenStorage({ url: '${server.url}', timeoutMs })
      const client = await createClient({ url: '${server.url}' }).connect()
      const given = new RedisTokenStorage({ client, timeoutMs })
      const resp2 = await createClient({ url: '${server.url}', RESP: 2 }).connect()
      const copied = new RedisTokenStorage({ client: resp2, timeoutMs })
      copied.coordinator.subscribe('k', () => undefined)
      await Promise.all([own.get('k'), given.get('k'), copied.get('k')])
      await client.sendCommand(['SHUTDOWN', 'NOSAVE']).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 500))
      const outcomes = await Promise.allSettled([own.get('k'), given.get('k'), copied.get('k')])
      console.log(outcomes.map(({ status }) => status).join())
      await Promise.all([own.close(), given.close(), copied.close()])
      client.on('error', () => undefined).destroy()
      resp2.on('error', () => undefined).destroy()`)
    const { code, output } = await running
    expect(output).toBe('rejected,rejected,rejected\n')
    expect(code).toBe(0)
  })
})
