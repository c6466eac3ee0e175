import { ConfigurationError } from '@requestforge/core/errors'
import type { OAuthClientOptions } from './provider-options.ts'

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
