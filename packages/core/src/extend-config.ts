import type { HttpClientConfig } from './config.ts'
import { ConfigurationError } from './errors/configuration-error.ts'
import { parseBaseUrl } from './url.ts'

/** A configuration with further options: hooks and middleware add up, headers merge, the rest replaces. */
export function extendConfig(base: HttpClientConfig, changes: HttpClientConfig): HttpClientConfig {
  checkOrigin(base, changes)
  return {
    ...base,
    ...withoutUndefined(changes),
    headers: { ...lowerCased(base.headers), ...lowerCased(changes.headers) },
    hooks: [...(base.hooks ?? []), ...(changes.hooks ?? [])],
    middleware: [...(base.middleware ?? []), ...(changes.middleware ?? [])],
  }
}

/** @throws ConfigurationError if the base's credentials would be taken along to another origin */
function checkOrigin(base: HttpClientConfig, changes: HttpClientConfig): void {
  if (changes.baseUrl === undefined || base.baseUrl === undefined) return
  const { origin } = parseBaseUrl(changes.baseUrl)
  if (origin === parseBaseUrl(base.baseUrl).origin || base.tokenAuth?.allowedOrigins?.includes(origin)) return
  // Headers merge, so those of the base always come along.
  const taken = credentialOptions(base).filter((option) => option === 'headers' || changes[option] === undefined)
  if (taken.length === 0) return
  throw new ConfigurationError(
    `baseUrl: extending to the origin ${origin} would take ${taken.join(' and ')} along: make a new client, or give it others`,
    { option: 'baseUrl' },
  )
}

function credentialOptions(
  config: HttpClientConfig,
): readonly ('bearerToken' | 'basicAuth' | 'apiKey' | 'tokenAuth' | 'headers')[] {
  const options = (['bearerToken', 'basicAuth', 'apiKey', 'tokenAuth'] as const).filter((option) => config[option] !== undefined)
  const hasSecretHeader = Object.keys(config.headers ?? {}).some((name) => !/^(accept|accept-language|user-agent)$/i.test(name))
  return hasSecretHeader ? [...options, 'headers'] : options
}

function lowerCased(headers: HttpClientConfig['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
}

/** A member that is given as undefined says nothing. */
function withoutUndefined(config: HttpClientConfig): HttpClientConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
}
