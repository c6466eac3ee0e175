// Runs snippets, given as files, against loopback servers that stand in for the hosts of the docs. CONTRIBUTING.md has the rules.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { basename } from 'node:path'
import { startOAuthServer } from '../../packages/testing/src/index.ts'

const limitMs = 30_000
/** What the API gives to everybody. */
const open = /^\/(?:v\d+\/)?(?:health|status|metrics|public\/.*)$/
const redisUrl = process.env['REDIS_URL'] ?? ''

await using oauth = await startOAuthServer({ users: [{ username: 'user@example.com', password: 'user-password' }] })
await using auth = await listen((request, response) => {
  void answerAuth(request, response)
})
await using api = await listen((request, response) => {
  void answerApi(request, response)
})

const problems: string[] = []
const files = process.argv.slice(2).values()
await Promise.all([work(), work()])
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0

async function work(): Promise<void> {
  for (const file of files) {
    const problem = await runSnippet(file)
    if (problem !== undefined) problems.push(problem)
  }
}

/** @returns what the snippet printed if it failed */
async function runSnippet(file: string): Promise<string | undefined> {
  const code = readFileSync(file, 'utf8')
  if (redisUrl === '' && code.includes('redis://')) return undefined
  writeFileSync(file, onLoopback(code))
  const child = spawn('tsx', [file], { stdio: ['ignore', 'pipe', 'pipe'] })
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const [exitCode] = await once(child, 'close')
  clearTimeout(limit)
  if (exitCode === 0) return undefined
  return `${basename(file)} ended with ${exitCode ?? `nothing: after ${limitMs / 1000} s it was still running`}\n${output}`
}

function onLoopback(code: string): string {
  return code
    .replaceAll(/https:\/\/auth[\w-]*\.example\.com/g, auth.url)
    .replaceAll(/https:\/\/auth-\$\{(\w+)\}\.example\.com/g, auth.url)
    .replaceAll(/https:\/\/api[\w-]*\.example\.com/g, api.url)
    .replaceAll(/https:\/\/api-\$\{(\w+)\}\.example\.com/g, api.url)
    .replaceAll('redis://127.0.0.1:6379', redisUrl)
}

async function listen(handle: RequestListener): Promise<{ readonly url: string } & AsyncDisposable> {
  const server: Server = createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Whatever path a snippet gives its endpoint, the OAuth server answers; below /custom/ a proprietary one speaks JSON. */
async function answerAuth(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request)
  const path = request.url ?? '/'
  if (path.startsWith('/custom/')) return json(response, 200, { access_token: 'custom', token_type: 'Bearer', expires_in: 3600 })
  const target = path.includes('revo')
    ? oauth.revocationUrl
    : path.includes('introspect')
      ? oauth.introspectionUrl
      : oauth.tokenUrl
  const headers = new Headers({ 'content-type': request.headers['content-type'] ?? 'application/x-www-form-urlencoded' })
  if (request.headers.authorization !== undefined) headers.set('authorization', request.headers.authorization)
  const answer = await fetch(target, { method: 'POST', headers, body })
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
  response.end(await answer.text())
}

/** An API of the kind that people have: lists, things with an id, and what they are sent. */
async function answerApi(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request)
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
  const hasCredential = ['authorization', 'x-api-key'].some((name) => request.headers[name] !== undefined)
  if (!hasCredential && !open.test(pathname)) return json(response, 401, { error: 'invalid_token' })
  if (pathname.endsWith('/missing')) return json(response, 404, { error: 'not_found' })
  if (request.method === 'DELETE') return void response.writeHead(204).end()
  const id = Number(/\/(\d+)$/.exec(pathname)?.[1] ?? 1)
  const thing = { id, name: 'Ada Lovelace', ...fieldsOf(body) }
  const isList = request.method === 'GET' && !/\/\d+$/.test(pathname)
  json(response, request.method === 'POST' ? 201 : 200, isList ? [thing] : thing)
}

function fieldsOf(body: string): object {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {} // a form, a file or nothing: the API does not mind
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  return body
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}
