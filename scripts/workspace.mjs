// What every script needs: where things are, the tools on PATH, and a way to run them. Plain Node 20, no dependency.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const packageNames = ['core', 'oauth', 'retry', 'testing', 'storage-memory', 'storage-redis', 'requestforge']
export const isCI = !['', '0', 'false', undefined].includes(process.env.CI)
const pnpm = 'pnpm@12.21.0'

export function scoped(name) {
  return name === 'requestforge' ? name : `@requestforge/${name}`
}

// On Linux `node_modules/.bin/node` is the Node that the tools like best. SYSTEM_NODE=1 keeps the one that runs this.
const tools = join(root, 'node_modules', '.bin')
const path = process.env.SYSTEM_NODE ? [dirname(process.execPath), tools] : [tools]
export const env = {
  ...process.env,
  PATH: [...path, process.env.PATH].join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  npm_config_update_notifier: 'false',
  npm_config_fund: 'false',
  npm_config_audit: 'false',
}

/** Runs a command with its output shown; resolves to its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], ...options })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
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

/** Runs a command that must succeed. @throws Error with what it printed */
export async function must(command, args, options) {
  const { code, output } = await capture(command, args, options)
  if (code !== 0) throw new Error(`${command} ${args.join(' ').slice(0, 200)} ended with ${code}\n${output.slice(-20_000)}`)
  return output
}

/** The arguments of npx that run pnpm, and what pnpm runs: turbo finds no package manager without it. */
export function pnpmArguments(...args) {
  return ['-y', pnpm, ...args]
}

/** Builds all packages, or what is given to turbo as further arguments. @throws Error with what failed */
export function build(...args) {
  return must('npx', pnpmArguments('exec', 'turbo', 'run', 'build', '--output-logs=errors-only', ...args))
}

/** Installs the workspace's packages if they are not there, or not those of the lock file. */
export async function installPackages() {
  const stamp = join(root, 'node_modules', '.requestforge-installed')
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.log('installing packages …')
  await must('npx', pnpmArguments('install', '--frozen-lockfile'))
  writeFileSync(stamp, lock)
}

/** Whether a command is on PATH. */
export async function hasCommand(name) {
  return (await capture('sh', ['-c', `command -v ${name}`])).code === 0
}
