// Runs the packed tarball in workerd, the runtime of edge workers, against a server on loopback.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

const expected = {
  herd: ['Bearer token-1'],
  replaced: { method: 'GET', authorization: 'Bearer token-2' },
  posted: { method: 'POST', authorization: 'Bearer token-2' },
  redirected: { method: 'GET', authorization: 'Bearer token-2' },
  missing: 'NotFoundError',
  late: 'RequestTimeoutError',
  streamed: { method: 'GET', authorization: 'Bearer token-2' },
}

/** @param directory where the tarballs are installed, and `worker.js` stands. @throws Error with what came of it instead */
export async function checkWorker(directory, workerd) {
  await bundle(directory)
  const api = await startApi()
  const port = await freePort()
  writeFileSync(join(directory, 'worker.capnp'), configuration(port))
  const child = spawn(workerd, ['serve', 'worker.capnp'], { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] })
  let words = ''
  child.stderr.on('data', (chunk) => {
    words += chunk
  })
  try {
    const answer = await asked(`http://127.0.0.1:${port}/?origin=${api.origin}`)
    if (!isDeepStrictEqual(answer, expected)) throw new Error(`workerd: ${JSON.stringify(answer)} ${words}`)
  } finally {
    child.kill('SIGKILL')
    api.server.closeAllConnections()
    api.server.close()
  }
}

async function bundle(directory) {
  const { build } = await import('esbuild')
  await build({
    entryPoints: [join(directory, 'worker.js')],
    outfile: join(directory, 'worker.bundle.js'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'silent',
  })
}

async function startApi() {
  let tokens = 0
  let rejected
  const answer = (request, response) => {
    const { pathname } = new URL(request.url, 'http://x')
    const { authorization } = request.headers
    const json = (status, value) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (pathname === '/token') return json(200, { access_token: `token-${++tokens}`, token_type: 'Bearer', expires_in: 3600 })
    if (pathname === '/hangs') return undefined
    if (pathname === '/missing') return json(404, {})
    if (pathname === '/redirect') return response.writeHead(302, { location: '/echo' }).end()
    if (pathname === '/picky' && rejected === undefined) rejected = authorization
    return json(authorization === rejected ? 401 : 200, { method: request.method, authorization })
  }
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, origin: `http://127.0.0.1:${server.address().port}` }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Asks as soon as it listens. */
async function asked(url) {
  for (let round = 0; ; round++) {
    try {
      return await (await fetch(url)).json()
    } catch (error) {
      if (round >= 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

function configuration(port) {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "internet", network = (allow = ["private", "local"]))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.bundle.js")],
  compatibilityDate = "2025-10-01",
);
`
}
