/** What stands in place of a secret. */
export const mask = '***'

/** Names whose values are never shown, in headers and bodies; spelling (`-`, `_`, capitals) does not count. */
const sensitiveNames: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'api-key',
  'x-auth-token',
  'dpop',
  'access_token',
  'refresh_token',
  'id_token',
  'id_token_hint',
  'subject_token',
  'actor_token',
  'registration_access_token',
  'token',
  'client_secret',
  'secret',
  'client_assertion',
  'assertion',
  'password',
  'code_verifier',
  'device_code',
  'private_key',
]

/** Tells which names are sensitive: the well-known ones, and those added. */
export function sensitiveNameTest(furtherNames: Iterable<string>): (name: string) => boolean {
  const names = new Set([...sensitiveNames, ...furtherNames].map(plainName))
  // `user[password][]`, `user.password` and `password.value` are as secret as `password`.
  return (name) => [name, ...name.split(/[[\].]/)].some((part) => names.has(plainName(part)))
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '')
}

/** A URL without user info, fragment and query values. */
export function redactUrl(url: string): string {
  const [, path = '', query] = /^([^?#]*)(?:\?([^#]*))?/.exec(url) ?? []
  const harmless = path.includes('@') ? path.replace(/^([a-z][a-z\d+.-]*:)?\/\/[^/\\]*@/i, '$1//') : path
  return query === undefined ? harmless : `${harmless}?${query.split('&').map(maskedPair).join('&')}`
}

function maskedPair(pair: string): string {
  const nameEnd = pair.indexOf('=')
  if (nameEnd !== -1) return `${pair.slice(0, nameEnd)}=${mask}`
  return pair === '' ? '' : mask
}
