import { ConfigurationError } from '@requestforge/core/errors'
import { type ClientAuthentication, checkAuthentication, type UncheckedAuthentication } from './client-authentication.ts'
import { checkOptionNames } from './option-names.ts'
import { checkFlag, checkFunction, checkText, checkTokenTypes, duration } from './option-values.ts'

/** A function that looks like fetch. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>

/** What every provider of this package is told. */
export interface OAuthClientOptions {
  /** The token endpoint: https, or http on a loopback host. */
  readonly tokenUrl: string | URL
  readonly clientId: string
  /** Names the service in errors, events and storage keys. */
  readonly serviceName: string
  /** Space-separated, or a list. @default the server's */
  readonly scope?: string | readonly string[] | undefined
  /** Sent with each token request. */
  readonly extraParams?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined
  /** Where tokens are revoked (RFC 7009). @default none: `revokeToken()` only forgets */
  readonly revocationUrl?: string | URL | undefined
  /** Refuse all that servers do outside the RFCs. @default false */
  readonly strict?: boolean | undefined
  /** Accept `http:` on other hosts than loopback. @default false */
  readonly allowInsecureRequests?: boolean | undefined
  /**
   * For one token request, its body included, in milliseconds; 0 means none. A refresh token that has been sent is waited for at least 60 s:
   * its answer may bring the only one that is good from then on. @default 10_000
   */
  readonly timeoutMs?: number | undefined
  /** The token types that may be used. @default ['Bearer'] */
  readonly tokenTypes?: readonly string[] | undefined
  /** @default the platform's fetch */
  readonly fetch?: FetchLike | undefined
}

/** Options of `ClientCredentialsTokenProvider`. */
export type ClientCredentialsOptions = OAuthClientOptions & ClientAuthentication

/** The same before they are checked, with every way of authentication. */
export type UncheckedProviderOptions = OAuthClientOptions & UncheckedAuthentication

const names: readonly (keyof UncheckedProviderOptions)[] = [
  'tokenUrl',
  'clientId',
  'serviceName',
  'scope',
  'extraParams',
  'revocationUrl',
  'strict',
  'allowInsecureRequests',
  'timeoutMs',
  'tokenTypes',
  'fetch',
  'authMethod',
  'clientSecret',
  'privateKey',
  'keyId',
  'audience',
]

/** @throws ConfigurationError that names the option and says what it wants */
export function checkProviderOptions(owner: string, options: UncheckedProviderOptions, further: readonly string[] = []): void {
  checkOptionNames(owner, options, [...names, ...further])
  checkText('clientId', options.clientId)
  checkText('serviceName', options.serviceName)
  endpoint('tokenUrl', options.tokenUrl, options.allowInsecureRequests === true)
  if (options.revocationUrl !== undefined)
    endpoint('revocationUrl', options.revocationUrl, options.allowInsecureRequests === true)
  scopeText(options.scope)
  checkAuthentication(options)
  checkFlag('strict', options.strict)
  checkFlag('allowInsecureRequests', options.allowInsecureRequests)
  if (options.timeoutMs !== undefined) duration('timeoutMs', options.timeoutMs)
  checkFunction('fetch', options.fetch)
  for (const option of ['keyId', 'audience'] as const) if (options[option] !== undefined) checkText(option, options[option])
  checkTokenTypes(options.tokenTypes)
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\]|.+\.localhost)$/

/** @throws ConfigurationError unless `value` is a URL that secrets may be sent to (RFC 6749 section 3.2, RFC 9700) */
export function endpoint(option: string, value: unknown, allowInsecureRequests: boolean): URL {
  const text = String(value)
  const url = (typeof value === 'string' || value instanceof URL) && URL.canParse(text) ? new URL(text) : undefined
  const isAbsolute = url !== undefined && /^https?:\/\//i.test(text.trim())
  if (!isAbsolute || !(url.protocol === 'https:' || url.protocol === 'http:')) {
    throw new ConfigurationError(`${option} must be an absolute https URL (got ${shownUrl(value)})`, { option })
  }
  if (url.username !== '' || url.password !== '')
    throw new ConfigurationError(`${option} must not hold a user name or password`, { option })
  if (url.hash !== '') throw new ConfigurationError(`${option} must not have a fragment (RFC 6749 section 3.2)`, { option })
  if (url.protocol === 'http:' && !loopback.test(url.hostname) && !allowInsecureRequests) {
    const message = `${option} must be an absolute https URL (got ${shownUrl(value)}): http is for loopback hosts, or with allowInsecureRequests`
    throw new ConfigurationError(message, { option })
  }
  return url
}

/** As far as it can be shown: no user info, no query. */
function shownUrl(value: unknown): string {
  if (typeof value !== 'string' && !(value instanceof URL)) return typeof value
  return JSON.stringify(
    String(value)
      .replace(/[?#].*$/s, '')
      .replace(/\/\/[^/]*@/, '//')
      .slice(0, 100),
  )
}

/** Scope as it is sent. @throws ConfigurationError (RFC 6749 section 3.3) */
export function scopeText(scope: unknown): string | undefined {
  if (scope === undefined || scope === '') return undefined
  const parts: readonly unknown[] = Array.isArray(scope) ? scope : typeof scope === 'string' ? scope.trim().split(/\s+/) : [scope]
  for (const part of parts) {
    if (typeof part === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(part)) continue
    throw new ConfigurationError('scope must be a string of names with spaces between, or an array of such names', {
      option: 'scope',
    })
  }
  return parts.length === 0 ? undefined : parts.join(' ')
}

/**
 * The extra parameters, checked against those that are sent anyway: the same value may be repeated.
 *
 * @throws ConfigurationError for another value of a reserved parameter
 */
export function extraParameters(
  extraParams: OAuthClientOptions['extraParams'],
  reserved: Readonly<Record<string, string | undefined>>,
): readonly (readonly [string, string])[] {
  if (extraParams === undefined) return []
  // A URLSearchParams or a Map has no members of its own, and would be dropped without a word.
  if (typeof extraParams !== 'object' || extraParams === null || Symbol.iterator in extraParams)
    throw new ConfigurationError("extraParams must be a plain object, such as { audience: 'x' }", { option: 'extraParams' })
  const added: (readonly [string, string])[] = []
  for (const [name, given] of Object.entries(extraParams)) {
    const values: readonly unknown[] = Array.isArray(given) ? given : given === undefined ? [] : [given]
    for (const value of values) {
      if (typeof value !== 'string')
        throw new ConfigurationError(`extraParams.${name} must be a string or an array of strings`, {
          option: `extraParams.${name}`,
        })
      if (!reservedNames.has(name)) added.push([name, value])
      else if (value !== reserved[name]) {
        throw new ConfigurationError(`extraParams.${name} must not differ from what the provider sends itself`, {
          option: `extraParams.${name}`,
        })
      }
    }
  }
  return added
}

const reservedNames: ReadonlySet<string> = new Set([
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'scope',
  'username',
  'password',
  'refresh_token',
])
