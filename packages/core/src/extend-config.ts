import type { HttpClientConfig } from './config.ts'
import { checkBuilt, checkConfig, checkExtensions } from './config-checks.ts'
import { ConfigurationError } from './errors/configuration-error.ts'
import { readHeaders } from './header-checks.ts'
import { harmlessDefaults } from './header-names.ts'
import { checkType } from './option-checks.ts'
import { trustedOrigins } from './trusted-origins.ts'

/**
 * A configuration with further options: hooks and middleware add up, headers merge, the rest replaces.
 *
 * @throws ConfigurationError if an option is wrong, or credentials would be taken along to another origin
 */
export function extendConfig(base: HttpClientConfig, changes: HttpClientConfig): HttpClientConfig {
  checkType('config', changes ?? null, 'object')
  checkBuilt(changes)
  checkExtensions(changes)
  const extended: HttpClientConfig = {
    ...(changes.transport === undefined ? base : withoutConnectionOptions(base)),
    ...withoutUndefined(changes),
    headers: { ...readHeaders('headers', base.headers ?? {}), ...readHeaders('headers', changes.headers ?? {}) },
    hooks: [...(base.hooks ?? []), ...(changes.hooks ?? [])],
    middleware: [...(base.middleware ?? []), ...(changes.middleware ?? [])],
  }
  checkConfig(extended)
  checkOrigins(base, changes, extended)
  return extended
}

/** @throws ConfigurationError if the base's credentials would be taken along to an origin that the base does not trust */
function checkOrigins(base: HttpClientConfig, changes: HttpClientConfig, extended: HttpClientConfig): void {
  const trusted = trustedOrigins(base)
  // A base that trusts nobody is a half-made client, and this its other half.
  if (trusted.size === 0) return
  const added = [...trustedOrigins(extended)].filter((origin) => !trusted.has(origin))
  const taken = inheritedCredentials(base, changes)
  if (added.length === 0 || taken.length === 0) return
  throw new ConfigurationError(
    `extending to the origin ${added[0]} would take ${taken.join(' and ')} along: make a new client, or give it others`,
    { option: changes.baseUrl === undefined ? 'tokenAuth' : 'baseUrl' },
  )
}

function inheritedCredentials(base: HttpClientConfig, changes: HttpClientConfig): readonly string[] {
  const options = (['bearerToken', 'basicAuth', 'apiKey', 'tokenAuth'] as const).filter(
    (option) => base[option] !== undefined && changes[option] === undefined,
  )
  const replaced = readHeaders('headers', changes.headers ?? {})
  const headers = Object.keys(readHeaders('headers', base.headers ?? {})).filter(
    (name) => !harmlessDefaults.has(name) && !(name in replaced),
  )
  return [...options, ...headers.map((name) => `the header ${name}`)]
}

/** A transport of one's own decides by itself about what these say of the built-in one. */
function withoutConnectionOptions({ tls: _tls, http2: _http2, proxy: _proxy, ...rest }: HttpClientConfig): HttpClientConfig {
  return rest
}

/** A member that is given as undefined says nothing. */
function withoutUndefined(config: HttpClientConfig): HttpClientConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
}
