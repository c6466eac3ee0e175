import type { HttpClientConfig, TokenAuthOptions } from './config.ts'
import { checkConnectionOptions } from './connection-options.ts'
import { ConfigurationError } from './errors/configuration-error.ts'
import { checkHeaderName, checkHeaderValue } from './header-checks.ts'
import { checkLogging } from './logging.ts'
import { checkCount, checkDuration, checkMethods, checkNames, checkType, isOptionBag, kindOf, shown } from './option-checks.ts'
import { checkRetryStrategy } from './retry-strategy.ts'
import type { TokenSource } from './token-source.ts'

const names: ReadonlySet<string> = new Set<keyof HttpClientConfig>([
  'baseUrl',
  'timeoutMs',
  'totalTimeoutMs',
  'headers',
  'bearerToken',
  'apiKey',
  'basicAuth',
  'tokenAuth',
  'retryStrategy',
  'logging',
  'poolConnections',
  'poolMaxsize',
  'tls',
  'http2',
  'proxy',
  'redirects',
  'hooks',
  'middleware',
  'transport',
  'throwHttpErrors',
  'maxResponseBytes',
  'clock',
])

/** @throws ConfigurationError for the first option that is unknown, wrong or at odds with another */
export function checkConfig(config: HttpClientConfig): void {
  if (!isOptionBag(config)) {
    throw new ConfigurationError(
      `the configuration must be an object, such as the builder's build() gives (got ${kindOf(config)})`,
    )
  }
  checkBuilt(config)
  checkNames(config, names)
  checkDuration('timeoutMs', config.timeoutMs)
  checkDuration('totalTimeoutMs', config.totalTimeoutMs)
  checkCount('poolConnections', config.poolConnections, 1)
  checkCount('poolMaxsize', config.poolMaxsize, 1)
  checkCount('maxResponseBytes', config.maxResponseBytes, 1)
  checkType('throwHttpErrors', config.throwHttpErrors, 'boolean')
  checkType('transport', config.transport, 'function')
  checkConnectionOptions(config, config.transport !== undefined)
  checkLogging(config.logging)
  checkNested(config)
  checkExtensions(config)
}

/** A builder shows none of its options, and would pass for a configuration without any. @throws ConfigurationError */
export function checkBuilt(config: object): void {
  if (!('build' in config) || typeof config.build !== 'function') return
  throw new ConfigurationError('the configuration is a builder: give what its build() gives')
}

function checkNested({ apiKey, basicAuth, redirects, retryStrategy, clock, tokenAuth, baseUrl }: HttpClientConfig): void {
  if (apiKey !== undefined) checkMembers('apiKey', apiKey, ['key', 'headerName'])
  if (apiKey !== undefined && (typeof apiKey.key !== 'string' || apiKey.key === '')) {
    throw new ConfigurationError('apiKey.key must be a non-empty string', { option: 'apiKey' })
  }
  if (basicAuth !== undefined) checkMembers('basicAuth', basicAuth, ['username', 'password'])
  if (redirects !== undefined) {
    checkMembers('redirects', redirects, ['follow', 'maxRedirects'])
    checkType('redirects.follow', redirects.follow, 'boolean')
    checkCount('redirects.maxRedirects', redirects.maxRedirects, 0)
  }
  if (retryStrategy !== undefined) checkRetryStrategy('retryStrategy', retryStrategy, 'a retry strategy, with nextDelay()')
  if (clock !== undefined) checkMethods('clock', clock, ['now', 'monotonic', 'setTimeout', 'clearTimeout'], 'a Clock')
  if (tokenAuth !== undefined) checkTokenAuth(tokenAuth, baseUrl !== undefined)
}

const tokenAuthNames: readonly (keyof TokenAuthOptions)[] = [
  'tokenManager',
  'authRetryStrategy',
  'excludedPaths',
  'excludedPathPatterns',
  'headerName',
  'headerPrefix',
  'allowedOrigins',
]

function checkTokenAuth(options: TokenAuthOptions | TokenSource, hasBaseUrl: boolean): void {
  if (typeof options === 'object' && options !== null && 'getToken' in options) {
    const message = 'tokenAuth must be an object of options (got a token manager); did you mean `tokenAuth: { tokenManager }`?'
    throw new ConfigurationError(message, { option: 'tokenAuth' })
  }
  checkMembers('tokenAuth', options, tokenAuthNames)
  const { tokenManager, authRetryStrategy, headerName = 'authorization', headerPrefix, allowedOrigins } = options
  checkMethods('tokenAuth.tokenManager', tokenManager, ['getToken'], wantedManager(tokenManager))
  if (authRetryStrategy !== undefined) {
    checkMethods('tokenAuth.authRetryStrategy', authRetryStrategy, ['nextDelay'], 'an auth retry strategy, with nextDelay()')
  }
  for (const name of ['peekToken', 'replaceToken'] as const) {
    checkType(`tokenAuth.tokenManager.${name}`, Reflect.get(tokenManager, name), 'function')
  }
  checkType('tokenAuth.headerPrefix', headerPrefix, 'string')
  checkHeaderValue('tokenAuth.headerPrefix', checkHeaderName('tokenAuth.headerName', headerName), headerPrefix ?? '')
  // Servers that split the header at its blank would find nothing behind the first of two.
  if (headerPrefix !== headerPrefix?.trim()) {
    const message = 'tokenAuth.headerPrefix must not begin or end with a blank: one is put behind it'
    throw new ConfigurationError(message, { option: 'tokenAuth.headerPrefix' })
  }
  if (allowedOrigins !== undefined) checkOrigins(allowedOrigins)
  if (!hasBaseUrl && (allowedOrigins === undefined || allowedOrigins.length === 0)) {
    throw new ConfigurationError('tokenAuth needs a baseUrl or allowedOrigins: else no URL may have the token', {
      option: 'tokenAuth',
    })
  }
}

function wantedManager(given: TokenSource | { readonly fetchToken?: unknown; readonly for?: unknown }): string {
  if (typeof given === 'object' && given !== null) {
    if ('fetchToken' in given) return 'a TokenManager: wrap the provider, new TokenManager({ provider })'
    if ('for' in given) return 'a TokenManager: give the tokens of one subject, keyedTokenManager.for(subject)'
  }
  return 'a TokenManager, or another token source with getToken()'
}

function checkOrigins(origins: readonly unknown[]): void {
  const option = 'tokenAuth.allowedOrigins'
  if (!Array.isArray(origins))
    throw new ConfigurationError(`${option} must be an array of origins (got ${kindOf(origins)})`, { option })
  for (const origin of origins) {
    const url = typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : undefined
    if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && !url.host.includes('*')) continue
    throw new ConfigurationError(`${option} must hold origins such as "https://files.example.com" (got ${shown(origin)})`, {
      option,
    })
  }
}

/** What adds up over the steps of a builder and over extensions. @throws ConfigurationError */
export function checkExtensions({ hooks = [], middleware = [] }: HttpClientConfig): void {
  if (!Array.isArray(hooks)) throw new ConfigurationError(`hooks must be an array (got ${kindOf(hooks)})`, { option: 'hooks' })
  if (!Array.isArray(middleware))
    throw new ConfigurationError(`middleware must be an array (got ${kindOf(middleware)})`, { option: 'middleware' })
  for (const [index, hook] of hooks.entries()) {
    const hookNames = ['beforeRequest', 'afterResponse', 'onRetry', 'onError'] as const
    if (!isOptionBag(hook))
      throw new ConfigurationError(`hooks[${index}] must be an object (got ${kindOf(hook)})`, { option: 'hooks' })
    checkNames(hook, new Set(hookNames))
    for (const name of hookNames) checkType(`hooks.${name}`, Reflect.get(hook, name), 'function')
  }
  for (const [index, layer] of middleware.entries()) {
    if (typeof layer === 'function') continue
    throw new ConfigurationError(`middleware[${index}] must be a function (got ${kindOf(layer)})`, { option: 'middleware' })
  }
}

function checkMembers(option: string, value: object, members: readonly string[]): void {
  checkType(option, value ?? null, 'object')
  checkNames(value, new Set(members))
}
