import { type ClientAuthentication, checkAuthentication, type UncheckedAuthentication } from './client-authentication.ts'
import { endpointUrl } from './endpoint-url.ts'
import { checkOptionNames } from './option-names.ts'
import { checkFlag, checkFunction, checkText, checkTokenTypes, duration } from './option-values.ts'
import { scopeText } from './scope-text.ts'

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
  endpointUrl('tokenUrl', options.tokenUrl, options.allowInsecureRequests === true)
  if (options.revocationUrl !== undefined)
    endpointUrl('revocationUrl', options.revocationUrl, options.allowInsecureRequests === true)
  scopeText(options.scope)
  checkAuthentication(options)
  checkFlag('strict', options.strict)
  checkFlag('allowInsecureRequests', options.allowInsecureRequests)
  if (options.timeoutMs !== undefined) duration('timeoutMs', options.timeoutMs)
  checkFunction('fetch', options.fetch)
  for (const option of ['keyId', 'audience'] as const) if (options[option] !== undefined) checkText(option, options[option])
  checkTokenTypes(options.tokenTypes)
}
