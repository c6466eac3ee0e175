import type { AuthRetryStrategy } from './auth-retry-strategy.ts'
import { type Clock, systemClock } from './clock.ts'
import type { FetchLike, HttpClientConfig, TokenAuthOptions } from './config.ts'
import { checkConfig } from './config-checks.ts'
import { credentialHeadersOf, defaultHeadersOf } from './credential-headers.ts'
import { debugLogger } from './debug-log.ts'
import type { HeaderMap, Middleware } from './handler.ts'
import { checkHeaderName } from './header-checks.ts'
import { bodyDescriptions } from './header-names.ts'
import type { Hooks } from './hooks.ts'
import { bothLoggers, type LoggingOptions, type RequestLogger, requestLogger } from './logging.ts'
import { createPathMatcher, readPaths } from './path-matcher.ts'
import type { RetryStrategy } from './retry-strategy.ts'
import type { TokenSource } from './token-source.ts'
import type { PoolOptions } from './transport/transport.ts'
import { trustedOrigins } from './trusted-origins.ts'
import { type BaseUrl, parseBaseUrl } from './url.ts'

/** Token authentication, ready for the hot path. */
export interface ResolvedTokenAuth {
  readonly source: TokenSource
  readonly strategy: AuthRetryStrategy
  /** In lower case. */
  readonly headerName: string
  readonly headerPrefix: string | undefined
  /** @param url absolute and normalised */
  isExcluded(url: string): boolean
}

/** A checked configuration with every default in place. */
export interface ResolvedConfig {
  readonly baseUrl: BaseUrl | undefined
  readonly timeoutMs: number
  readonly totalTimeoutMs: number | undefined
  /** Harmless: sent everywhere. */
  readonly defaultHeaders: HeaderMap
  /** Sent to trusted origins alone. */
  readonly credentialHeaders: HeaderMap
  isTrustedOrigin(origin: string): boolean
  readonly tokenAuth: ResolvedTokenAuth | undefined
  readonly retryStrategy: RetryStrategy | undefined
  readonly redirects: { readonly follow: boolean; readonly maxRedirects: number }
  readonly hooks: readonly Hooks[]
  readonly middleware: readonly Middleware[]
  readonly throwHttpErrors: boolean
  readonly maxResponseBytes: number
  readonly pool: PoolOptions
  readonly transport: FetchLike | undefined
  readonly logger: RequestLogger | undefined
  readonly clock: Clock
}

/** What holds where a configuration says nothing. */
const defaults = {
  timeoutMs: 30_000,
  poolConnections: 10,
  poolMaxsize: 20,
  follow: true,
  maxRedirects: 10,
  throwHttpErrors: true,
  maxResponseBytes: Number.POSITIVE_INFINITY,
} as const

/** @throws ConfigurationError that names the option and says what it wants */
export function resolveConfig(config: HttpClientConfig): ResolvedConfig {
  checkConfig(config)
  const baseUrl = config.baseUrl === undefined ? undefined : parseBaseUrl(config.baseUrl)
  const trusted = trustedOrigins(config)
  const credentialHeaders = credentialHeadersOf(config)
  const tokenAuth = config.tokenAuth === undefined ? undefined : resolveTokenAuth(config.tokenAuth, baseUrl)
  // Whoever has them, a request that overrides one or a server that repeats it, they are credentials.
  const credentialNames = Object.keys(credentialHeaders).filter((name) => !bodyDescriptions.has(name))
  const secretHeaders = [...credentialNames, tokenAuth?.headerName ?? 'authorization']
  return Object.freeze<ResolvedConfig>({
    baseUrl,
    timeoutMs: config.timeoutMs ?? defaults.timeoutMs,
    totalTimeoutMs: config.totalTimeoutMs,
    defaultHeaders: defaultHeadersOf(config),
    credentialHeaders,
    isTrustedOrigin: (origin) => trusted.has(origin),
    tokenAuth,
    retryStrategy: config.retryStrategy,
    redirects: {
      follow: config.redirects?.follow ?? defaults.follow,
      maxRedirects: config.redirects?.maxRedirects ?? defaults.maxRedirects,
    },
    hooks: [...(config.hooks ?? [])],
    middleware: [...(config.middleware ?? [])],
    throwHttpErrors: config.throwHttpErrors ?? defaults.throwHttpErrors,
    maxResponseBytes: config.maxResponseBytes ?? defaults.maxResponseBytes,
    pool: {
      connections: config.poolConnections ?? defaults.poolConnections,
      maxsize: config.poolMaxsize ?? defaults.poolMaxsize,
      tls: config.tls,
      http2: config.http2,
      proxy: config.proxy,
    },
    transport: config.transport,
    logger: bothLoggers(requestLogger(config.logging, secretHeaders), requestLogger(debugLogging(), secretHeaders)),
    clock: config.clock ?? systemClock,
  })
}

/** `NODE_DEBUG=requestforge` logs without having been asked in code. */
function debugLogging(): LoggingOptions | undefined {
  const logger = debugLogger()
  return logger === undefined ? undefined : { logger }
}

const oneRetryOn401: AuthRetryStrategy = {
  nextDelay: ({ retry, status }) => (retry === 0 && status === 401 ? 0 : undefined),
}

function resolveTokenAuth(options: TokenAuthOptions, baseUrl: BaseUrl | undefined): ResolvedTokenAuth {
  return {
    source: options.tokenManager,
    strategy: options.authRetryStrategy ?? oneRetryOn401,
    headerName: checkHeaderName('tokenAuth.headerName', options.headerName ?? 'authorization'),
    headerPrefix: options.headerPrefix,
    isExcluded: createPathMatcher({
      paths: readPaths('excludedPaths', options.excludedPaths),
      patterns: readPaths('excludedPathPatterns', options.excludedPathPatterns),
      basePath: baseUrl?.path ?? '',
    }),
  }
}
