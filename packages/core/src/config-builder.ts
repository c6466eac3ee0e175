import type { ApiKeyOptions, BasicAuthOptions, FetchLike, HttpClientConfig, RedirectOptions, TokenAuthOptions } from './config.ts'
import type { Middleware } from './handler.ts'
import type { Hooks } from './hooks.ts'
import type { LoggingOptions } from './logging.ts'
import { resolveConfig } from './resolve-config.ts'
import type { RetryStrategy } from './retry-strategy.ts'

/**
 * Puts a configuration together step by step. Each step returns a new builder, so half-built ones can be shared.
 *
 * @example
 * const config = new HttpClientConfigBuilder().withBaseUrl('https://api.example.com').withTimeout(30_000).build()
 */
export class HttpClientConfigBuilder {
  readonly #config: HttpClientConfig

  constructor(config: HttpClientConfig = {}) {
    this.#config = config
  }

  #with(changes: HttpClientConfig): HttpClientConfigBuilder {
    return new HttpClientConfigBuilder({ ...this.#config, ...changes })
  }

  /** What relative URLs are joined to; its path is a prefix that they keep. */
  withBaseUrl(baseUrl: string | URL): HttpClientConfigBuilder {
    return this.#with({ baseUrl })
  }

  /** For each send, its body included, in milliseconds. @default 30_000 */
  withTimeout(timeoutMs: number): HttpClientConfigBuilder {
    return this.#with({ timeoutMs })
  }

  /** For all sends and waits of one call, in milliseconds. @default none */
  withTotalTimeout(totalTimeoutMs: number): HttpClientConfigBuilder {
    return this.#with({ totalTimeoutMs })
  }

  /** Adds headers for each request. */
  withHeaders(headers: Readonly<Record<string, string>>): HttpClientConfigBuilder {
    const added = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    return this.#with({ headers: { ...this.#config.headers, ...Object.fromEntries(added) } })
  }

  /** Adds one header for each request. */
  withHeader(name: string, value: string): HttpClientConfigBuilder {
    return this.withHeaders({ [name]: value })
  }

  /** A static token in `Authorization: Bearer …`. */
  withBearerToken(bearerToken: string): HttpClientConfigBuilder {
    return this.#with({ bearerToken })
  }

  /** A static key. @default headerName 'X-API-Key' */
  withApiKey(key: string, options: Omit<ApiKeyOptions, 'key'> = {}): HttpClientConfigBuilder {
    return this.#with({ apiKey: { ...options, key } })
  }

  /** HTTP Basic (RFC 7617). */
  withBasicAuth(basicAuth: BasicAuthOptions): HttpClientConfigBuilder {
    return this.#with({ basicAuth })
  }

  /** Tokens from a `TokenManager`, or any other token source. */
  withTokenAuth(tokenAuth: TokenAuthOptions): HttpClientConfigBuilder {
    return this.#with({ tokenAuth })
  }

  /** Decides about request retries. @default none */
  withRetryStrategy(retryStrategy: RetryStrategy): HttpClientConfigBuilder {
    return this.#with({ retryStrategy })
  }

  /** One line for each attempt; replaces an earlier `withLogging`. @default logger console, no headers, no bodies */
  withLogging(logging: LoggingOptions = {}): HttpClientConfigBuilder {
    return this.#with({ logging })
  }

  /** How many origins keep a pool (Node). @default 10 */
  withPoolConnection(poolConnections: number): HttpClientConfigBuilder {
    return this.#with({ poolConnections })
  }

  /** Connections for each origin (Node). @default 20 */
  withPoolMaxsize(poolMaxsize: number): HttpClientConfigBuilder {
    return this.#with({ poolMaxsize })
  }

  /** @default follow true, maxRedirects 10 */
  withRedirects(redirects: RedirectOptions): HttpClientConfigBuilder {
    return this.#with({ redirects })
  }

  /** Adds hooks, run after those added before. */
  withHooks(hooks: Hooks): HttpClientConfigBuilder {
    return this.#with({ hooks: [...(this.#config.hooks ?? []), hooks] })
  }

  /** Adds a layer, inside of those added before. */
  withMiddleware(middleware: Middleware): HttpClientConfigBuilder {
    return this.#with({ middleware: [...(this.#config.middleware ?? []), middleware] })
  }

  /** Any function that looks like fetch, instead of the built-in transport. */
  withTransport(transport: FetchLike): HttpClientConfigBuilder {
    return this.#with({ transport })
  }

  /** Whether 4xx and 5xx reject. @default true */
  withThrowHttpErrors(throwHttpErrors: boolean): HttpClientConfigBuilder {
    return this.#with({ throwHttpErrors })
  }

  /** The longest body to be read, in bytes. @default no limit */
  withMaxResponseBytes(maxResponseBytes: number): HttpClientConfigBuilder {
    return this.#with({ maxResponseBytes })
  }

  /** The configuration, plain, frozen and checked. @throws ConfigurationError that names the option and says what it wants */
  build(): HttpClientConfig {
    const { tokenAuth, ...rest } = this.#config
    const config: HttpClientConfig = tokenAuth === undefined ? rest : { ...rest, tokenAuth: plainTokenAuth(tokenAuth) }
    resolveConfig(config)
    for (const member of Object.values(config)) if (isPlain(member)) Object.freeze(member)
    return Object.freeze(config)
  }
}

/** Sets and other iterables become arrays: a configuration that was built does not change any more. */
function plainTokenAuth(tokenAuth: TokenAuthOptions): TokenAuthOptions {
  if (typeof tokenAuth !== 'object' || tokenAuth === null) return tokenAuth
  const { excludedPaths, excludedPathPatterns } = tokenAuth
  return {
    ...tokenAuth,
    ...(excludedPaths && { excludedPaths: copied(excludedPaths) }),
    ...(excludedPathPatterns && { excludedPathPatterns: copied(excludedPathPatterns) }),
  }
}

/** What is no array or Set is left for the check to name. */
function copied(entries: Iterable<string>): Iterable<string> {
  return typeof entries === 'object' && Symbol.iterator in entries ? Object.freeze([...entries]) : entries
}

function isPlain(value: unknown): value is object {
  return (
    Array.isArray(value) || (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
  )
}
