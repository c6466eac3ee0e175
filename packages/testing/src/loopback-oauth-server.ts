import { ConfigurationError } from '@requestforge/core/errors'
import { type IncomingRequest, type NodeServer, nodeHttp, type OutgoingResponse } from './node-http.ts'
import { type OAuthAnswer, oauthError } from './oauth-answer.ts'
import { OAuthExchanges, unknownPath } from './oauth-exchanges.ts'
import type { OAuthServer, OAuthServerRequest } from './oauth-server.ts'
import type { OAuthEndpoint, OAuthServerFault } from './oauth-server-fault.ts'
import type { OAuthServerOptions } from './oauth-server-options.ts'
import { kindOf } from './option-checks.ts'
import { platformTimers } from './pause.ts'
import { resetConnection, sendAnswer } from './send-answer.ts'
import type { TokenEndpoint } from './token-endpoint.ts'
import { type IssuedToken, TokenLedger } from './token-ledger.ts'

const endpoints: ReadonlyMap<string, OAuthEndpoint> = new Map<string, OAuthEndpoint>([
  ['/oauth/token', 'token'],
  ['/oauth/revoke', 'revocation'],
  ['/oauth/introspect', 'introspection'],
])

/** The server behind `startOAuthServer`. */
export class LoopbackOAuthServer implements OAuthServer {
  readonly #server: NodeServer
  readonly #endpoint: TokenEndpoint
  readonly #exchanges: OAuthExchanges
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined
  #issuer = ''

  constructor(options: OAuthServerOptions) {
    const clock = options.clock ?? { ...platformTimers, now: () => Date.now() }
    this.#endpoint = { options, ledger: new TokenLedger(), now: () => clock.now() }
    this.#exchanges = new OAuthExchanges(this.#endpoint, clock, this.#closing.signal)
    this.#server = nodeHttp().createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => this.#giveUp(error, request, response))
    })
  }

  get issuer(): string {
    return this.#issuer
  }

  get tokenUrl(): string {
    return `${this.#issuer}/oauth/token`
  }

  get revocationUrl(): string {
    return `${this.#issuer}/oauth/revoke`
  }

  get introspectionUrl(): string {
    return `${this.#issuer}/oauth/introspect`
  }

  get requests(): readonly OAuthServerRequest[] {
    return this.#exchanges.logs.token
  }

  get revocations(): readonly OAuthServerRequest[] {
    return this.#exchanges.logs.revocation
  }

  get reuseCount(): number {
    return this.#endpoint.ledger.reuseCount
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject)
        const address = this.#server.address()
        this.#issuer = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? port) : port}`
        resolve()
      })
    })
  }

  failNext(fault: OAuthServerFault = {}): void {
    this.#exchanges.failNext(fault)
  }

  revoke(token?: string | { readonly accessToken: string }): void {
    const { ledger } = this.#endpoint
    if (token === undefined) ledger.revokeAll()
    else ledger.revoke(tokenText(token))
  }

  isActive(accessToken: string): boolean {
    return this.#endpoint.ledger.find(accessToken, this.#endpoint.now()) !== undefined
  }

  verify(authorization: string | null | undefined): IssuedToken | undefined {
    const accessToken = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    return accessToken === undefined ? undefined : this.#endpoint.ledger.find(accessToken, this.#endpoint.now())
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#closing.abort(new Error('the OAuth server was closed'))
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #handle(request: IncomingRequest, response: OutgoingResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const endpoint = endpoints.get(path)
    if (endpoint !== undefined) return this.#exchanges.handle(endpoint, request, response)
    const isMetadata = path === '/.well-known/oauth-authorization-server'
    sendAnswer(isMetadata ? this.#metadata() : unknownPath(path), undefined, request, response)
  }

  #giveUp(error: unknown, request: IncomingRequest, response: OutgoingResponse): void {
    if (response.headersSent || this.#closing.signal.aborted) resetConnection(request)
    else sendAnswer(oauthError('server_error', String(error), 500), undefined, request, response)
  }

  #metadata(): OAuthAnswer {
    const body = {
      issuer: this.issuer,
      token_endpoint: this.tokenUrl,
      revocation_endpoint: this.revocationUrl,
      introspection_endpoint: this.introspectionUrl,
      response_types_supported: [],
      grant_types_supported: ['client_credentials', 'password', 'refresh_token'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    }
    return { status: 200, body }
  }
}

function tokenText(token: string | { readonly accessToken: string }): string {
  const text: unknown = typeof token === 'string' ? token : token?.accessToken
  if (typeof text === 'string') return text
  throw new ConfigurationError(`token must be a string, or an object with an accessToken (got ${kindOf(token)})`, {
    option: 'token',
  })
}
