import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'

/** A server on a free port of loopback. */
export interface Listening extends AsyncDisposable {
  readonly origin: string
}

/** Starts a server; `listenerFor` gets the origin that it has. */
export async function listen(listenerFor: (origin: string) => RequestListener): Promise<Listening> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  const origin = `http://127.0.0.1:${address.port}`
  server.on('request', listenerFor(origin))
  return {
    origin,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
