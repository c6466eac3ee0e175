/** What stands in place of a secret. */
export const mask = '***'

/** Names whose values are never shown, in headers, queries and bodies. */
export const sensitiveNames: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'api-key',
  'x-auth-token',
  'dpop',
]

/** Names whose values are never shown in bodies, at any depth. */
export const sensitiveMembers: readonly string[] = [
  'access_token',
  'refresh_token',
  'id_token',
  'client_secret',
  'client_assertion',
  'password',
  'assertion',
]

/** A URL without user info, fragment and query values. */
export function redactUrl(url: string): string {
  const start = url.indexOf('?')
  const fragment = url.indexOf('#')
  const path = url
    .slice(0, start === -1 ? (fragment === -1 ? url.length : fragment) : start)
    .replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, '$1')
  if (start === -1) return path
  const query = url.slice(start + 1, fragment === -1 ? url.length : fragment)
  const masked = query
    .split('&')
    .map((pair) => (pair.includes('=') ? `${pair.slice(0, pair.indexOf('='))}=${mask}` : pair && mask))
  return `${path}?${masked.join('&')}`
}
