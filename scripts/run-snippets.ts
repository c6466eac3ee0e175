// Runs snippets against loopback servers that stand in for auth*.example.com, api*.example.com and the Redis at port 6379.
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { startOAuthServer } from '../packages/testing/src/index.ts'

const oauth = await startOAuthServer({
  clients: [
    { clientId: 'your-client-id', clientSecret: 'your-client-secret' },
    { clientId: 'service-a-id', clientSecret: 'service-a-secret' },
    { clientId: 'service-b-id', clientSecret: 'service-b-secret' },
  ],
  users: [{ username: 'user@example.com', password: 'user-password' }],
})

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<{ server: Server; url: string }> {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** Whatever path a snippet gives its token endpoint, the real one answers; a proprietary one speaks JSON. */
const auth = await listen(async (request, response) => {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  if (request.url?.startsWith('/custom/')) return json(response, 200, { access_token: 'custom-token', token_type: 'Bearer', expires_in: 3600 })
  const target = request.url?.includes('revoke') ? oauth.revocationUrl : oauth.tokenUrl
  const headers: Record<string, string> = { 'content-type': request.headers['content-type'] ?? '' }
  if (request.headers.authorization !== undefined) headers['authorization'] = request.headers.authorization
  const answer = await fetch(target, { method: 'POST', headers, body })
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
  response.end(await answer.text())
})

const open = /^\/(health|status|metrics|public\/.*)$/
const api = await listen((request, response) => {
  request.resume()
  const allowed = request.headers.authorization?.startsWith('Bearer ') || open.test(request.url ?? '')
  json(response, allowed ? 200 : 401, allowed ? [{ id: 1, path: request.url }] : { error: 'invalid_token' })
})

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const redisPort = await freePort()
const redis: ChildProcess = spawn('redis-server', ['--port', String(redisPort), '--save', '', '--bind', '127.0.0.1'], { stdio: 'ignore' })
redis.once('error', () => console.error('there is no redis-server: snippets that need one will fail'))

/** @returns what the snippet printed if it failed */
async function runSnippet(file: string): Promise<string | undefined> {
  const text = readFileSync(file, 'utf8')
    .replaceAll(/https:\/\/auth[^/'"`]*\.example\.com/g, auth.url)
    .replaceAll(/https:\/\/api[^/'"`]*\.example\.com/g, api.url)
    .replaceAll('redis://127.0.0.1:6379', `redis://127.0.0.1:${redisPort}`)
  writeFileSync(file, text)
  const child = spawn('tsx', [file], { stdio: ['ignore', 'pipe', 'pipe'] })
  const limit = setTimeout(() => child.kill('SIGKILL'), 30_000)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(limit)
  return code === 0 ? undefined : `${basename(file)} ended with ${code ?? 'a time-out: it did not exit by itself'}\n${output}`
}

const problems: string[] = []
for (const file of process.argv.slice(2)) {
  const problem = await runSnippet(file)
  if (problem !== undefined) problems.push(problem)
}
redis.kill()
auth.server.close()
api.server.close()
await oauth.close()
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
}
