import { contentTypeOf } from './content-type.ts'
import type { HeaderMap, HttpRequestBody } from './handler.ts'
import { readHeaders } from './header-checks.ts'
import { checkSensitiveKeys } from './logging.ts'
import { checkNames, checkType } from './option-checks.ts'
import { createRedactor, type Redactor } from './redactor.ts'
import { checkBody, encodeBody } from './request-body.ts'
import { checkMethod, type RequestOptions } from './request-options.ts'

/** What a command is made of: an `HttpRequest` of a hook or middleware, or what a client's method is given, with an absolute URL. */
export interface CurlRequest extends Pick<RequestOptions, 'headers' | 'json' | 'form' | 'body'> {
  readonly method: string
  readonly url: string | URL
}

/** How the command is written. */
export interface CurlOptions {
  /** Shows header values, query values and bodies as they are. @default false */
  readonly showSecrets?: boolean | undefined
  /** Names of headers and body members whose values are masked, added to the defaults. */
  readonly sensitiveKeys?: Iterable<string> | undefined
}

/**
 * A request as a curl command for a POSIX shell, with its secrets masked. Bytes and streams are left to its standard input.
 *
 * @example
 * toCurl({ method: 'POST', url: 'https://api.example.com/users', json: { name: 'Ada' } })
 * // curl -X POST 'https://api.example.com/users' -H 'content-type: application/json' --data-raw '{"name":"Ada"}'
 *
 * @throws ConfigurationError
 */
export function toCurl(request: CurlRequest, options: CurlOptions = {}): string {
  checkType('request', request ?? null, 'object')
  checkType('options', options ?? null, 'object')
  checkNames(options, new Set<keyof CurlOptions>(['showSecrets', 'sensitiveKeys']))
  checkSensitiveKeys('sensitiveKeys', options.sensitiveKeys)
  const { showSecrets = false, sensitiveKeys } = options
  const redactor = showSecrets ? undefined : createRedactor(sensitiveKeys, Number.POSITIVE_INFINITY)
  const { headers: bodyHeaders, body: given, bodyFactory } = encodeBody(request)
  const body = bodyFactory === undefined ? given : checkBody(bodyFactory(), 'what the body function gives')
  const headers = { ...bodyHeaders, ...readHeaders('headers', request.headers ?? {}) }
  return [
    methodWords(checkMethod(request.method), body !== undefined),
    urlWords(String(request.url), redactor),
    ...headerWords(redactor?.headers(headers) ?? headers, body),
    ...(body === undefined ? [] : bodyWords(body, redactor)),
  ].join(' ')
}

/** `--head` takes no body; without it, curl would wait for one that never comes. */
function methodWords(method: string, hasBody: boolean): string {
  if (method !== 'HEAD') return `curl -X ${quoted(method)}`
  return hasBody ? "curl -X HEAD --ignore-content-length -H 'connection: close'" : 'curl --head'
}

function urlWords(given: string, redactor: Redactor | undefined): string {
  const url = URL.canParse(given) ? new URL(given).href : given
  const shown = redactor?.url(URL.canParse(given) ? url : withoutUserInfo(url)) ?? url
  // Else brackets and braces would be read as patterns of many URLs.
  return `${/[[\]{}]/.test(shown) ? '--globoff ' : ''}${quoted(shown)}`
}

/** Up to the last `@`: a password that has a `/`, `?` or `#` in it is why most URLs with one cannot be read. */
function withoutUserInfo(unreadableUrl: string): string {
  return unreadableUrl.replace(/^([a-z][a-z\d+.-]*:)?\/\/.*@/is, '$1//')
}

function headerWords(headers: HeaderMap, body: HttpRequestBody | undefined): readonly string[] {
  const { 'content-type': given, ...others } = headers
  // Of a multipart form, curl makes the boundary; of other bodies it says that they are forms, if it is not told otherwise.
  const isTyped = body === undefined ? given !== undefined : !(body instanceof FormData)
  const type = isTyped ? { 'content-type': given ?? (body === undefined ? body : contentTypeOf(body)) } : {}
  return Object.entries({ ...type, ...others }).map(([name, value]) => `-H ${quoted(headerWord(name, value))}`)
}

/** How curl is told to leave a header out, to send it empty, and to send it. */
function headerWord(name: string, value: string | undefined): string {
  if (value === undefined) return `${name}:`
  return value === '' ? `${name};` : `${name}: ${value}`
}

function bodyWords(body: HttpRequestBody, redactor: Redactor | undefined): readonly string[] {
  if (body instanceof FormData) return [...body].map(([name, value]) => fieldWords(name, value, redactor))
  if (typeof body !== 'string' && !(body instanceof URLSearchParams))
    return [`--data-binary @- # standard input: ${body.constructor.name}`]
  const shown = redactor === undefined ? String(body) : redactor.body(body)
  return [`--data-raw ${quoted(typeof shown === 'string' ? shown : JSON.stringify(shown))}`]
}

function fieldWords(name: string, value: string | File, redactor: Redactor | undefined): string {
  if (typeof value === 'string') return `--form-string ${quoted(`${name}=${redactor?.field(name, value) ?? value}`)}`
  const fileName = value.name.replace(/["\\]/g, '\\$&')
  return `--form ${quoted(`${name}=@"${fileName}"${value.type === '' ? '' : `;type=${value.type}`}`)}`
}

/** One word for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w.:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
