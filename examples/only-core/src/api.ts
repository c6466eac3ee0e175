import { once } from 'node:events'
import { createServer } from 'node:http'

/** An API on loopback that takes one token. */
export async function startApi(accessToken: string): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const hasToken = request.headers.authorization === `Bearer ${accessToken}`
    const status = !hasToken ? 401 : request.url === '/users/1' ? 200 : 404
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status === 200 ? { name: 'Ada Lovelace' } : { error: status }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the API has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
