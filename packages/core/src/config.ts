import type { AuthRetryStrategy } from './auth-retry-strategy.ts'
import type { Clock } from './clock.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { Middleware } from './handler.ts'
import type { Hooks } from './hooks.ts'
import type { LoggingOptions } from './logging.ts'
import type { RetryStrategy } from './retry-strategy.ts'
import type { TokenSource } from './token-source.ts'

/** Any function that looks like fetch: the platform's, undici's, a mock. It is given a URL string, plain headers and `redirect: 'manual'`. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>

/** How requests get a token. */
export interface TokenAuthOptions {
  /** Where tokens come from: a `TokenManager`, or anything with `getToken()`. */
  readonly tokenManager: TokenSource
  /** Decides about a rejected token. @default one retry without delay, on 401 */
  readonly authRetryStrategy?: AuthRetryStrategy | undefined
  /** Paths that go without a token, exact. */
  readonly excludedPaths?: Iterable<string> | undefined
  /** Paths that go without a token: `*` any run of characters, `?` one, `[abc]` and `[!abc]` a set. */
  readonly excludedPathPatterns?: Iterable<string> | undefined
  /** @default 'Authorization' */
  readonly headerName?: string | undefined
  /** What stands before the token; '' for nothing. @default the token's own type */
  readonly headerPrefix?: string | undefined
  /** Origins besides the base URL's own that may have the client's credentials. @default [] */
  readonly allowedOrigins?: readonly string[] | undefined
}

/** A static key in a header. */
export interface ApiKeyOptions {
  readonly key: string
  /** @default 'X-API-Key' */
  readonly headerName?: string | undefined
}

/** HTTP Basic (RFC 7617). */
export interface BasicAuthOptions {
  readonly username: string
  readonly password: string
}

/** What to do with redirects. */
export interface RedirectOptions {
  /** @default true */
  readonly follow?: boolean | undefined
  /** @default 10 */
  readonly maxRedirects?: number | undefined
}

/** Everything a client can be told; `HttpClientConfigBuilder` has a step for each member. */
export interface HttpClientConfig extends ConnectionOptions {
  /** What relative URLs are joined to. */
  readonly baseUrl?: string | URL | undefined
  /** For each send, its body included, in milliseconds; 0 means none. @default 30_000 */
  readonly timeoutMs?: number | undefined
  /** For all sends and waits of one call, in milliseconds; 0 means none. @default none */
  readonly totalTimeoutMs?: number | undefined
  /**
   * Sent with each request; all but accept, accept-language and user-agent to the base URL's and allowed origins alone. What says something
   * of a body goes with one alone: a content-type wins over the one that the body implies.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A static token. */
  readonly bearerToken?: string | undefined
  readonly apiKey?: ApiKeyOptions | undefined
  readonly basicAuth?: BasicAuthOptions | undefined
  readonly tokenAuth?: TokenAuthOptions | undefined
  /** @default none: a request is sent once */
  readonly retryStrategy?: RetryStrategy | undefined
  /** @default none */
  readonly logging?: LoggingOptions | undefined
  /** How many origins keep a pool (Node). @default 10 */
  readonly poolConnections?: number | undefined
  /** Connections for each origin (Node). @default 20 */
  readonly poolMaxsize?: number | undefined
  readonly redirects?: RedirectOptions | undefined
  readonly hooks?: readonly Hooks[] | undefined
  /** The first is outermost. */
  readonly middleware?: readonly Middleware[] | undefined
  /** @default undici on Node, the platform's fetch elsewhere */
  readonly transport?: FetchLike | undefined
  /** Whether 4xx and 5xx reject. @default true */
  readonly throwHttpErrors?: boolean | undefined
  /** The longest body to be read, in bytes. @default no limit */
  readonly maxResponseBytes?: number | undefined
  /** @default the platform's */
  readonly clock?: Clock | undefined
}
