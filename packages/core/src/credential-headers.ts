import type { HttpClientConfig } from './config.ts'
import { ConfigurationError } from './errors/configuration-error.ts'
import type { HeaderMap } from './handler.ts'
import { checkHeaderName, checkHeaderValue, readHeaders } from './header-checks.ts'
import { harmlessDefaults } from './header-names.ts'

/** The headers that may go anywhere. */
export function defaultHeadersOf({ headers = {} }: HttpClientConfig): HeaderMap {
  const harmless = Object.entries(readHeaders('headers', headers)).filter(([name]) => harmlessDefaults.has(name))
  return Object.freeze({ accept: 'application/json, */*;q=0.8', ...Object.fromEntries(harmless) })
}

/** The headers that go to trusted origins alone. @throws ConfigurationError if two options want the same header */
export function credentialHeadersOf(config: HttpClientConfig): HeaderMap {
  const claims = new Map<string, string>()
  const collected: Record<string, string> = {}
  const claim = (name: string, option: string): string => {
    const other = claims.get(name)
    if (other !== undefined)
      throw new ConfigurationError(`${other} and ${option} both want the header ${name}: give one of them`, { option })
    claims.set(name, option)
    return name
  }
  for (const [name, value] of Object.entries(readHeaders('headers', config.headers ?? {}))) {
    if (!harmlessDefaults.has(name)) collected[claim(name, 'headers')] = value
  }
  const { bearerToken, basicAuth, apiKey, tokenAuth } = config
  if (bearerToken !== undefined) collected[claim('authorization', 'bearerToken')] = bearerValue(bearerToken)
  if (basicAuth !== undefined) collected[claim('authorization', 'basicAuth')] = basicValue(basicAuth.username, basicAuth.password)
  if (apiKey !== undefined) {
    const { key, headerName = 'x-api-key' } = apiKey
    const name = checkHeaderName('apiKey.headerName', headerName)
    collected[claim(name, 'apiKey')] = checkHeaderValue('apiKey', name, key)
  }
  if (tokenAuth !== undefined) {
    const { headerName = 'authorization' } = tokenAuth
    claim(checkHeaderName('tokenAuth.headerName', headerName), 'tokenAuth')
  }
  return Object.freeze(collected)
}

function bearerValue(token: unknown): string {
  const option = 'bearerToken'
  if (typeof token !== 'string' || token === '')
    throw new ConfigurationError('bearerToken must be a non-empty string', { option })
  // No token has a blank in it (RFC 6750 section 2.1), and no server takes the scheme twice.
  if (/^bearer\s/i.test(token))
    throw new ConfigurationError('bearerToken must be the token alone: `Bearer` is put before it', { option })
  return checkHeaderValue(option, 'authorization', `Bearer ${token}`)
}

/** @see RFC 7617 section 2 */
function basicValue(username: unknown, password: unknown): string {
  const option = 'basicAuth'
  if (typeof username !== 'string' || typeof password !== 'string') {
    throw new ConfigurationError('basicAuth must have a username and a password, both strings', { option })
  }
  if (username.includes(':'))
    throw new ConfigurationError('basicAuth.username must not have a colon (RFC 7617 section 2)', { option })
  const bytes = new TextEncoder().encode(`${username}:${password}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}
