// A redis-server for tests, examples and the demonstration: the one that is here, or the system's package where it may be installed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { capture, hasCommand, isCI } from './workspace.mjs'

/** True if a redis-server can be started; installs it where that is possible without asking anybody. */
export async function ensureRedisServer() {
  if (await hasCommand('redis-server')) return true
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  const mayInstall = (await hasCommand('apt-get')) && (prefix.length === 0 || (await hasSudo()))
  if (!mayInstall) return false
  console.log('installing redis-server from the system packages …')
  const apt = (...args) => capture('env', [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args])
  await apt('update', '-qq')
  await apt('install', '-y', '-qq', '--no-install-recommends', 'redis-server')
  return hasCommand('redis-server')
}

async function hasSudo() {
  return (await hasCommand('sudo')) && (await capture('sudo', ['-n', 'true'])).code === 0
}

/** Says loudly that there is none. @throws Error in CI, where that is a failure */
export function warnWithoutRedis(whatIsSkipped) {
  const line = `NO redis-server HERE, AND IT CANNOT BE INSTALLED: ${whatIsSkipped}`
  if (isCI) throw new Error(`${line}; in CI that is a failure`)
  console.warn(`\n*** ${line} ***\n`)
}

/** A redis-server on a free port of loopback, without a trace on disk. */
export async function startRedisServer() {
  const port = await freePort()
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'])
  child.stderr.resume()
  for await (const chunk of child.stdout) if (String(chunk).includes('Ready to accept connections')) break
  return { url: `redis://127.0.0.1:${port}`, stop: () => child.kill() }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
