import { ConfigurationError } from './errors/configuration-error.ts'
import { classOf, isOptionBag, kindOf } from './option-checks.ts'

const headerName = /^[!#$%&'*+.^_`|~\w-]+$/
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** Headers in lower case, checked. @throws ConfigurationError that names the header, never its value */
export function readHeaders(
  option: string,
  headers: Readonly<Record<string, string | undefined>> | Headers,
): Record<string, string> {
  if (!isOptionBag(headers) && !/^(Headers|Map)$/.test(classOf(headers))) {
    throw new ConfigurationError(`${option} must be an object of names and values, or Headers`, { option })
  }
  const read: Record<string, string> = {}
  const entries = isIterable(headers) ? [...headers] : Object.entries(headers)
  for (const [name, value] of entries)
    if (value !== undefined) read[checkHeaderName(option, name)] = checkHeaderValue(option, name, value)
  return read
}

/** `Headers`, also another realm's or package's, and maps. */
function isIterable(headers: object): headers is Iterable<readonly [string, string]> {
  return Symbol.iterator in headers
}

/** The name in lower case. @throws ConfigurationError */
export function checkHeaderName(option: string, name: unknown): string {
  if (typeof name === 'string' && headerName.test(name)) return name.toLowerCase()
  const given = typeof name === 'string' ? likelyName(option, name) : kindOf(name)
  throw new ConfigurationError(`${option}: ${given} is no header name (RFC 9110 section 5.1)`, { option })
}

/** Keys and whole lines are given for names by mistake: only where many names are given, and only words are shown, to tell which of them it is. */
function likelyName(option: string, name: string): string {
  const words = option === 'headers' ? /^[a-z-]{1,24}(?=[^\w-])/i.exec(name)?.[0] : undefined
  return words === undefined ? 'what was given' : `what begins with "${words}"`
}

/** @throws ConfigurationError */
export function checkHeaderValue(option: string, name: string, value: unknown): string {
  if (typeof value === 'string' && headerValue.test(value)) return value
  const wants = typeof value === 'string' ? 'has characters that no header may carry (RFC 9110 section 5.5)' : 'must be a string'
  throw new ConfigurationError(`${option}: the value of ${JSON.stringify(name)} ${wants}`, { option })
}
