import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Listening, listen } from './listen.ts'

/** A server that remembers what it was sent. */
export interface Api extends Listening {
  /** The `Authorization` header of each request, in order. */
  readonly credentials: readonly (string | undefined)[]
  /** How many were refused. */
  readonly refused: number
}

/** An API that asks the OAuth server about every token. `/health` is open; `/moved` redirects to `elsewhere`. */
export async function startApi(isActive: (accessToken: string) => Promise<boolean>, elsewhere: string): Promise<Api> {
  return start(async (request, response) => {
    if (request.url === '/moved') return response.writeHead(302, { location: elsewhere }).end()
    const token = request.headers.authorization?.replace(/^Bearer /, '')
    const mayPass = request.url === '/health' || (token !== undefined && (await isActive(token)))
    response.writeHead(mayPass ? 200 : 401, { 'content-type': 'application/json', 'www-authenticate': 'Bearer' })
    return response.end(JSON.stringify(mayPass ? { hello: 'world' } : { error: 'invalid_token' }))
  })
}

/** Somebody else's server: it answers everybody, and keeps what it is sent. */
export async function startForeignServer(): Promise<Api> {
  return start(async (_request, response) => response.writeHead(200).end())
}

async function start(answer: (request: IncomingMessage, response: ServerResponse) => Promise<ServerResponse>): Promise<Api> {
  const credentials: (string | undefined)[] = []
  let refused = 0
  const listening = await listen(() => (request, response) => {
    credentials.push(request.headers.authorization)
    answer(request, response).then(
      ({ statusCode }) => {
        refused += statusCode === 401 ? 1 : 0
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  return {
    ...listening,
    credentials,
    get refused() {
      return refused
    },
  }
}
