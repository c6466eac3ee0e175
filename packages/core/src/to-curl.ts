import type { HttpRequestBody } from './handler.ts'
import { readHeaders } from './header-checks.ts'
import { checkSensitiveKeys } from './logging.ts'
import { checkNames, checkType } from './option-checks.ts'
import { createRedactor, type Redactor } from './redactor.ts'
import { encodeBody } from './request-body.ts'
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
 * A request as a curl command for a POSIX shell, with its secrets masked.
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
  const redactor = showSecrets ? undefined : createRedactor(sensitiveKeys)
  const { headers: bodyHeaders, body } = encodeBody(request)
  const headers = { ...bodyHeaders, ...readHeaders('headers', request.headers ?? {}) }
  const url = String(request.url)
  const method = checkMethod(request.method)
  return [
    method === 'HEAD' ? 'curl --head' : `curl -X ${quoted(method)}`,
    quoted(redactor?.url(url) ?? url),
    ...Object.entries(redactor?.headers(headers) ?? headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-raw ${quoted(shownBody(body, redactor))}`]),
  ].join(' ')
}

function shownBody(body: HttpRequestBody, redactor: Redactor | undefined): string {
  if (redactor === undefined && (typeof body === 'string' || body instanceof URLSearchParams)) return body.toString()
  const shown = redactor === undefined ? `[${body.constructor.name}]` : redactor.body(body)
  return typeof shown === 'string' ? shown : JSON.stringify(shown)
}

/** One word for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w.-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
