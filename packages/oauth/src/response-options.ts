import { ConfigurationError } from '@requestforge/core/errors'
import { checkOptionNames, holdsMembers } from './option-names.ts'
import { checkFlag, checkFunction, checkText, checkTokenTypes, numberOrKind } from './option-values.ts'
import type { TokenResponseOptions } from './token-data.ts'

const owner = 'TokenData.fromResponse'
/** From 2001 on dates in seconds lie between these, which in milliseconds are in the first months of 1970. */
const seconds = { from: 1_000_000_000, to: 100_000_000_000 }

/** @throws ConfigurationError that names the option and says what it wants */
export function checkResponseOptions(options: TokenResponseOptions, keyNames: readonly string[]): void {
  checkOptionNames(owner, options, ['receivedAt', 'keys', 'strict', 'tokenTypes', 'onDeviation'])
  checkKeys(options.keys, keyNames)
  checkFlag('strict', options.strict)
  checkFunction('onDeviation', options.onDeviation)
  checkTokenTypes(options.tokenTypes)
  checkReceivedAt(options.receivedAt)
}

function checkKeys(keys: TokenResponseOptions['keys'], names: readonly string[]): void {
  if (keys === undefined) return
  if (!holdsMembers(keys)) throw new ConfigurationError('keys must be an object of member names', { option: 'keys' })
  checkOptionNames(owner, keys, names)
  for (const [name, member] of Object.entries(keys)) if (member !== undefined) checkText(`keys.${name}`, member)
}

function checkReceivedAt(value: unknown): void {
  if (value === undefined) return
  const wish = 'receivedAt must be a number: milliseconds since the epoch'
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new ConfigurationError(`${wish} (got ${numberOrKind(value)})`, { option: 'receivedAt' })
  if (value >= seconds.from && value < seconds.to)
    throw new ConfigurationError(`${wish} (got ${value}, which looks like seconds)`, { option: 'receivedAt' })
}
