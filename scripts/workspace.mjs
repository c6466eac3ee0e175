// What every script needs: where things are, the tools on PATH, and a way to run them. Plain Node 20, no dependency.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const packageNames = ['core', 'oauth', 'retry', 'testing', 'storage-memory', 'storage-redis', 'requestforge']
const pnpm = 'pnpm@12.21.0'

export const env = {
  ...process.env,
  PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  npm_config_update_notifier: 'false',
}

/** Runs a command with its output shown; resolves to its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], ...options })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)))
  })
}

/** Runs a command and gives its exit code and output. */
export function capture(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], ...options })
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }))
  })
}

export function runPnpm(args, options) {
  return capture('npx', ['-y', pnpm, ...args], options)
}

/** Installs the workspace's packages if they are not there, or older than the lock file. */
export async function installPackages() {
  const stamp = join(root, 'node_modules', '.requestforge-installed')
  const lock = statSync(join(root, 'pnpm-lock.yaml')).mtimeMs
  if (existsSync(stamp) && Number(readFileSync(stamp, 'utf8')) === lock) return
  console.log('installing packages …')
  const { code, output } = await runPnpm(['install', '--frozen-lockfile'])
  if (code !== 0) throw new Error(`pnpm install failed:\n${output}`)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, String(lock))
}

/** True if a redis-server can be started; installs it from the system's packages where that is possible without asking anybody. */
export function ensureRedisServer() {
  if (hasCommand('redis-server')) return true
  const prefix = process.getuid?.() === 0 ? [] : canSudo() ? ['sudo', '-n'] : undefined
  if (prefix === undefined || !hasCommand('apt-get')) return false
  console.log('installing redis-server from the system packages …')
  const apt = (...args) => {
    const [command, ...rest] = [...prefix, 'apt-get', ...args]
    return spawnSync(command, rest, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: 'ignore' }).status === 0
  }
  apt('update', '-qq')
  return apt('install', '-y', '-qq', '--no-install-recommends', 'redis-server') && hasCommand('redis-server')
}

function hasCommand(name) {
  return spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0
}

function canSudo() {
  return hasCommand('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
}
