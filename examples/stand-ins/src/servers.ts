import { once } from 'node:events'
import { createServer } from 'node:http'
import { type OAuthServer, startOAuthServer } from 'requestforge/testing'

/** What stands in for an OAuth server and an API that trusts it. */
export interface StandIns extends AsyncDisposable {
  readonly oauth: OAuthServer
  readonly tokenUrl: string
  readonly apiUrl: string
}

/** Starts both on loopback. */
export async function startStandIns(): Promise<StandIns> {
  const oauth = await startOAuthServer()
  const api = await startApi((authorization) => oauth.verify(authorization) !== undefined)
  return {
    oauth,
    tokenUrl: oauth.tokenUrl,
    apiUrl: api.url,
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]()
      await oauth.close()
    },
  }
}

/** An API with two users and an open `/health`. */
async function startApi(
  isGood: (authorization: string | undefined) => boolean,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const users = ['Ada Lovelace', 'Grace Hopper'].map((name, index) => ({ id: index + 1, name }))
  const answers = new Map<string, unknown>([
    ['/health', { status: 'up' }],
    ['/users', users],
  ])
  for (const user of users) answers.set(`/users/${user.id}`, user)

  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const mayPass = path === '/health' || isGood(request.headers.authorization)
    const status = mayPass ? (answers.has(path) ? 200 : 404) : 401
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status === 200 ? answers.get(path) : { error: status }))
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
