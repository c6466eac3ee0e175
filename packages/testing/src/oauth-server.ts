import type { ClientAuthMethod } from './client-authentication.ts'
import { LoopbackOAuthServer } from './loopback-oauth-server.ts'
import type { OAuthEndpoint, OAuthServerFault } from './oauth-server-fault.ts'
import { checkServerOptions, type OAuthServerOptions } from './oauth-server-options.ts'
import type { IssuedToken } from './token-ledger.ts'

/** One request as the server saw it. */
export interface OAuthServerRequest {
  readonly endpoint: OAuthEndpoint
  /** `grant_type`, at the token endpoint. */
  readonly grant: string | undefined
  readonly clientId: string | undefined
  readonly authMethod: ClientAuthMethod
  /** Everything that was in the form, secrets included: they are those of a test. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** When it arrived, in milliseconds since the epoch. */
  readonly at: number
  /** Whether it was carried out: false until then, and for what was refused. */
  readonly isProcessed: boolean
  /** What it was answered with; undefined until then, and for ever if the answer was dropped. */
  readonly status: number | undefined
}

/** An OAuth server on loopback, for tests. */
export interface OAuthServer extends AsyncDisposable {
  /** Its origin. `/.well-known/oauth-authorization-server` below it has its metadata (RFC 8414). */
  readonly issuer: string
  readonly tokenUrl: string
  readonly revocationUrl: string
  readonly introspectionUrl: string
  /** What came to the token endpoint, in order. */
  readonly requests: readonly OAuthServerRequest[]
  /** What came to the revocation endpoint. */
  readonly revocations: readonly OAuthServerRequest[]
  /** How often a refresh token came that had been used before. */
  readonly reuseCount: number
  /** Spoils the next request, or the next `times`. Faults for one endpoint wait for each other. @throws ConfigurationError */
  failNext(fault?: OAuthServerFault): void
  /** Ends an access token, or with a refresh token the whole login; without an argument every token there is. @throws ConfigurationError */
  revoke(token?: string | { readonly accessToken: string }): void
  /** Whether an access token is good now. */
  isActive(accessToken: string): boolean
  /** For APIs in tests: the token of an `Authorization` header, if it is good now. */
  verify(authorization: string | null | undefined): IssuedToken | undefined
  /** Stops it, and ends the connections that hang in it. */
  close(): Promise<void>
}

/**
 * Starts a real OAuth server on 127.0.0.1: client credentials, password and refresh token grants, HTTP Basic and body authentication,
 * rotation with reuse detection, revocation, introspection, and faults on demand.
 *
 * @throws ConfigurationError for a wrong option, or where the platform has no `node:http`
 * @example
 * await using server = await startOAuthServer({ clients: [{ clientId: 'a', clientSecret: 's' }] })
 * server.failNext({ status: 503, retryAfter: 2 })
 */
export async function startOAuthServer(options: OAuthServerOptions = {}): Promise<OAuthServer> {
  checkServerOptions(options)
  const server = new LoopbackOAuthServer(options)
  await server.listen(options.port ?? 0)
  return server
}
