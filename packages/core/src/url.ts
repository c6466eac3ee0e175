import { ConfigurationError } from './errors/configuration-error.ts'
import { kindOf, shown } from './option-checks.ts'
import { appendParams, type Params } from './params.ts'

/** A base URL, taken apart once. */
export interface BaseUrl {
  readonly origin: string
  /** Without a trailing slash: empty for the root. */
  readonly path: string
}

/** @throws ConfigurationError unless `value` is an absolute http(s) URL without user info, query and fragment */
export function parseBaseUrl(value: unknown): BaseUrl {
  const option = 'baseUrl'
  const url = typeof value === 'string' || value instanceof URL ? parse(String(value)) : undefined
  if (url === undefined || !isHttp(url)) {
    throw new ConfigurationError(`baseUrl must be an absolute http(s) URL (got ${shown(value)})`, { option })
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigurationError('baseUrl must not hold a user name or password: use withBasicAuth', { option })
  }
  if (url.search !== '' || url.hash !== '')
    throw new ConfigurationError('baseUrl must not have a query or a fragment', { option })
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') }
}

/** The origin of a URL that `resolveUrl` made. */
export function originOf(url: string): string {
  const end = url.indexOf('/', 8)
  return end === -1 ? url : url.slice(0, end)
}

// Characters that the URL parser leaves as they are; no escapes, no dot segments, no second slash in front, no scheme.
const plainPath = /^(?:\/(?!\/)[\w~!$&()*+,;=:@.-]|[\w~!$&()*+,;=@-])[\w~!$&()*+,;=@./-]*(?:\?[\w~!$&()*+,;=:@./?%-]*)?$/
const dotSegment = /(?:^|\/)\.{1,2}(?:[/?]|$)/
const scheme = /^[a-z][a-z\d+.-]*:/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const control = /[\u0000-\u001f\u007f]/

/**
 * The absolute, normalised URL that is really sent.
 *
 * @throws ConfigurationError for what is no http(s) URL, climbs out of the base path, or could be read as another host
 */
export function resolveUrl(base: BaseUrl | undefined, url: string | URL, params: Params | undefined): string {
  const text = urlText(url)
  if (base !== undefined && plainPath.test(text) && !dotSegment.test(text)) {
    const joined = base.origin + base.path + (text.startsWith('/') ? text : `/${text}`)
    return params === undefined ? joined : appendParams(joined, params)
  }
  const resolved = resolveOddUrl(base, text)
  return params === undefined ? resolved : appendParams(resolved, params)
}

/** Other platforms' and packages' `URL` is one by its `href`. @throws ConfigurationError for what is neither a string nor a URL */
export function urlText(url: unknown): string {
  if (typeof url === 'string') return url
  if (typeof url === 'object' && url !== null && 'href' in url && typeof url.href === 'string') return url.href
  throw new ConfigurationError(`url must be a string or a URL (got ${kindOf(url)})`, { option: 'url' })
}

function resolveOddUrl(base: BaseUrl | undefined, text: string): string {
  if (control.test(text)) throw badUrl('must not have control characters', text)
  const trimmed = text.trim()
  if (scheme.test(trimmed)) return absolute(trimmed)
  if (/^[/\\]{2}/.test(trimmed)) throw badUrl('must not begin with two slashes, which names another host', text)
  if (base === undefined) throw badUrl('must be absolute when the client has no baseUrl', text)
  const separator = trimmed === '' || /^[/\\?#]/.test(trimmed) ? '' : '/'
  const joined = parse(`${base.origin}${base.path}${separator}${trimmed}`)
  if (joined === undefined) throw badUrl('must be a valid URL', text)
  const isInside = joined.origin === base.origin && (joined.pathname === base.path || joined.pathname.startsWith(`${base.path}/`))
  if (!isInside) throw badUrl("must not climb out of the base URL's path", text)
  return withoutFragment(joined)
}

function absolute(text: string): string {
  const url = parse(text)
  if (url === undefined || !isHttp(url)) throw badUrl('must be a path or an http(s) URL', text)
  if (url.username !== '' || url.password !== '') {
    throw new ConfigurationError('url must not hold a user name or password', { option: 'url' })
  }
  return withoutFragment(url)
}

function withoutFragment(url: URL): string {
  url.hash = ''
  return url.href
}

function isHttp(url: URL): boolean {
  return url.protocol === 'https:' || url.protocol === 'http:'
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

function badUrl(wants: string, text: string): ConfigurationError {
  return new ConfigurationError(`url ${wants} (got ${shown(text)})`, { option: 'url' })
}
