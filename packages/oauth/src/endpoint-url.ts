import { ConfigurationError } from '@requestforge/core/errors'

const loopback = /^(localhost|127(\.\d+){3}|\[::1\]|.+\.localhost)$/

/** @throws ConfigurationError unless `value` is a URL that secrets may be sent to (RFC 6749 section 3.2, RFC 9700) */
export function endpointUrl(option: string, value: unknown, allowInsecureRequests: boolean): URL {
  const text = String(value)
  const url = (typeof value === 'string' || value instanceof URL) && URL.canParse(text) ? new URL(text) : undefined
  const isAbsolute = url !== undefined && /^https?:\/\//i.test(text.trim())
  if (!isAbsolute || !(url.protocol === 'https:' || url.protocol === 'http:')) {
    throw new ConfigurationError(`${option} must be an absolute https URL (got ${shownUrl(value)})`, { option })
  }
  if (url.username !== '' || url.password !== '')
    throw new ConfigurationError(`${option} must not hold a user name or password`, { option })
  if (url.hash !== '') throw new ConfigurationError(`${option} must not have a fragment (RFC 6749 section 3.2)`, { option })
  if (url.protocol === 'http:' && !loopback.test(url.hostname) && !allowInsecureRequests) {
    const message = `${option} must be an absolute https URL (got ${shownUrl(value)}): http is for loopback hosts, or with allowInsecureRequests`
    throw new ConfigurationError(message, { option })
  }
  return url
}

/** As far as it can be shown: no user info, no query. */
function shownUrl(value: unknown): string {
  if (typeof value !== 'string' && !(value instanceof URL)) return typeof value
  return JSON.stringify(
    String(value)
      // Up to the last `@`: a password that has a `/`, `?` or `#` in it is why most URLs with one cannot be read.
      .replace(/^([a-z][a-z\d+.-]*:)?(\/\/)?.*@/is, '$1$2')
      .replace(/[?#].*$/s, '')
      .slice(0, 100),
  )
}
