import { ConfigurationError } from '@requestforge/core/errors'
import { nearestName } from '@requestforge/core/option-hints'

/** What people write who come from other libraries, or from the RFCs. */
const habits: Readonly<Record<string, string>> = {
  tokenEndpoint: 'tokenUrl',
  token_endpoint: 'tokenUrl',
  secret: 'clientSecret',
  scopes: 'scope',
  timeout: 'renewalTimeoutMs',
  tokenProvider: 'provider',
  cache: 'storage',
}

/** Lists and maps hold what they have in another way, and would pass for empty. */
export function holdsMembers(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value)
}

/** @throws {ConfigurationError} if `options` is no object, or has a member that nobody knows */
export function checkOptionNames(owner: string, options: object, known: readonly string[]): void {
  if (!holdsMembers(options)) throw new ConfigurationError(`${owner} wants an options object`)
  if (known.includes('provider') && 'fetchToken' in options)
    throw new ConfigurationError(`${owner} wants an object of options (got a provider); did you mean \`{ provider }\`?`)
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const habit = habits[name]
    const near = habit !== undefined && known.includes(habit) ? habit : nearestName(name, known)
    const hint = near === undefined ? `: it knows ${known.join(', ')}` : `; did you mean \`${near}\`?`
    throw new ConfigurationError(`${owner} has no option \`${name}\`${hint}`, { option: name })
  }
}
