import { ConfigurationError } from '@requestforge/core/errors'

/** A request as `node:http` gives it, as far as it is used here. */
export interface IncomingRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly socket: { destroy(): unknown; resetAndDestroy?: (() => unknown) | undefined }
}

/** The response to it. */
export interface OutgoingResponse {
  readonly headersSent: boolean
  writeHead(status: number, headers: Readonly<Record<string, string | number>>): unknown
  write(chunk: Uint8Array, written: () => void): unknown
  end(body?: Uint8Array): unknown
}

/** A server of `node:http`. */
export interface NodeServer {
  once(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
  listen(port: number, host: string, listening: () => void): unknown
  address(): { readonly port: number } | string | null
  close(closed: () => void): unknown
  closeAllConnections(): void
}

interface NodeHttp {
  createServer(listener: (request: IncomingRequest, response: OutgoingResponse) => void): NodeServer
}

interface WithBuiltins {
  readonly process?: { readonly getBuiltinModule?: ((id: string) => unknown) | undefined } | undefined
}

/**
 * `node:http`, fetched when it is needed: a bundler for browsers never sees an import of it.
 *
 * @throws ConfigurationError where the platform has none
 */
export function nodeHttp(): NodeHttp {
  const { process }: WithBuiltins = globalThis as WithBuiltins
  const http = process?.getBuiltinModule?.('node:http')
  if (http === undefined) {
    throw new ConfigurationError(
      'startOAuthServer needs node:http, by way of process.getBuiltinModule: Node 20.18.1 or later, Bun or Deno',
    )
  }
  // The module is what its name says; of its types only the part above is known here.
  return http as NodeHttp
}

/** A header of a request, the first where there are several. */
export function nodeHeader({ headers }: IncomingRequest, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.[0]
}
