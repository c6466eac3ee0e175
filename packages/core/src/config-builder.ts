import type { Clock } from './clock.ts'
import type { ApiKeyOptions, BasicAuthOptions, FetchLike, HttpClientConfig, RedirectOptions, TokenAuthOptions } from './config.ts'
import { checkExtensions } from './config-checks.ts'
import type { TlsOptions } from './connection-options.ts'
import { ConfigurationError } from './errors/configuration-error.ts'
import { frozenConfig } from './frozen-config.ts'
import type { Middleware } from './handler.ts'
import { checkHeaderName, readHeaders } from './header-checks.ts'
import type { Hooks } from './hooks.ts'
import { checkLogging, type LoggingOptions } from './logging.ts'
import { checkType, isOptionBag, kindOf } from './option-checks.ts'
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

  /** @throws ConfigurationError if `config` is no object, or has hooks or middleware to which none can be added */
  constructor(config: HttpClientConfig = {}) {
    checkType('config', config ?? null, 'object')
    checkExtensions(config)
    this.#config = config
  }

  #with(changes: HttpClientConfig): HttpClientConfigBuilder {
    // An environment variable that is not set would else be a step that is not taken.
    for (const [option, value] of Object.entries(changes)) {
      if (value === undefined) throw new ConfigurationError(`${option} must be given: it is undefined`, { option })
    }
    return builderOf({ ...this.#config, ...changes })
  }

  /** What relative URLs are joined to; its path is a prefix that they keep. */
  withBaseUrl(baseUrl: string | URL): HttpClientConfigBuilder {
    return this.#with({ baseUrl })
  }

  /** For each send, its body included, in milliseconds; 0 means none. @default 30_000 */
  withTimeout(timeoutMs: number): HttpClientConfigBuilder {
    return this.#with({ timeoutMs })
  }

  /** For all sends and waits of one call, in milliseconds; 0 means none. @default none */
  withTotalTimeout(totalTimeoutMs: number): HttpClientConfigBuilder {
    return this.#with({ totalTimeoutMs })
  }

  /** Adds headers for each request. @throws ConfigurationError for names and values that no header may have */
  withHeaders(headers: Readonly<Record<string, string>> | Headers): HttpClientConfigBuilder {
    return this.#with({ headers: { ...readHeaders('headers', this.#config.headers ?? {}), ...readHeaders('headers', headers) } })
  }

  /** Adds one header for each request. */
  withHeader(name: string, value: string): HttpClientConfigBuilder {
    const option = 'headers'
    const checked = checkHeaderName(option, name)
    if (value === undefined) throw new ConfigurationError(`${option}: ${checked} must be given: it is undefined`, { option })
    return this.withHeaders({ [checked]: value })
  }

  /** A static token in `Authorization: Bearer …`. */
  withBearerToken(bearerToken: string): HttpClientConfigBuilder {
    return this.#with({ bearerToken })
  }

  /** A static key. @default headerName 'X-API-Key' */
  withApiKey(key: string, options: Omit<ApiKeyOptions, 'key'> = {}): HttpClientConfigBuilder {
    if (!isOptionBag(options)) {
      const message = `apiKey: its options must be an object, such as { headerName } (got ${kindOf(options)})`
      throw new ConfigurationError(message, { option: 'apiKey' })
    }
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
    // Before it is copied: of a logger, what it can do would be lost, and with that the hint.
    checkLogging(logging)
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

  /** How to speak TLS, a client certificate included (Node). @default the platform's own */
  withTls(tls: TlsOptions): HttpClientConfigBuilder {
    return this.#with({ tls })
  }

  /** Offers HTTP/2 to servers over TLS (Node), for one request at a time on each connection. @default false */
  withHttp2(http2 = true): HttpClientConfigBuilder {
    return this.#with({ http2 })
  }

  /** The proxy for every origin, or `false` for none (Node). @default what the environment says */
  withProxy(proxy: string | URL | false): HttpClientConfigBuilder {
    return this.#with({ proxy })
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

  /** Where time comes from, such as a `ManualClock` in tests. @default the platform's */
  withClock(clock: Clock): HttpClientConfigBuilder {
    return this.#with({ clock })
  }

  /** The configuration, plain, frozen and checked. @throws ConfigurationError that names the option and says what it wants */
  build(): HttpClientConfig {
    const config = frozenConfig(this.#config)
    resolveConfig(config)
    return config
  }
}

// Outside of the class: bundlers rename a class that speaks of itself, and inspections would show `_HttpClientConfigBuilder`.
function builderOf(config: HttpClientConfig): HttpClientConfigBuilder {
  return new HttpClientConfigBuilder(config)
}
