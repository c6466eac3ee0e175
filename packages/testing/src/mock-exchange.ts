import { ConfigurationError } from '@requestforge/core/errors'
import { bodylessStatuses } from './bodyless-statuses.ts'
import {
  checkCount,
  checkDuration,
  checkHeaders,
  checkJson,
  checkMembers,
  checkStatus,
  checkText,
  classOf,
  kindOf,
} from './option-checks.ts'

/** One request that is expected, and its answer. */
export interface MockExchange {
  /** @default any */
  readonly method?: string | undefined
  /**
   * An absolute URL, with its query; a path that begins with `/`, of any origin and with the path of the base URL, whose query counts only if
   * one is written; or a RegExp for the whole URL. Escapes are written or not, as you like. @default any
   */
  readonly url?: string | URL | RegExp | undefined
  /** From 200 to 599. @default 200 */
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as JSON, with its content type if `headers` has none. */
  readonly json?: unknown
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | undefined
  /** Thrown in place of an answer, as fetch throws where there is no connection. */
  readonly error?: unknown
  /** Before the answer, in milliseconds; an abort of the request ends the wait. @default 0 */
  readonly delayMs?: number | undefined
  /** How many requests in a row it answers; a stream answers one. @default 1 */
  readonly times?: number | undefined
}

/** A request as the mock saw it. */
export interface MockRequest {
  /** In capitals. */
  readonly method: string
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Bodies other than text are decoded as UTF-8. */
  readonly body: string | undefined
  /** The body parsed, where it is JSON. */
  readonly json: unknown
}

const memberNames: readonly (keyof MockExchange)[] = [
  'method',
  'url',
  'status',
  'headers',
  'json',
  'body',
  'error',
  'delayMs',
  'times',
]
const bodyClasses = /^(\w+Array|DataView|ArrayBuffer|ReadableStream|Blob|File|FormData|URLSearchParams)$/

/** @throws ConfigurationError that names the member */
export function checkExchange(exchange: MockExchange): void {
  checkMembers('an exchange', 'exchanges', exchange, memberNames)
  const { method, url, status = 200, headers, json, body, error, delayMs, times } = exchange
  checkText('method', method)
  checkUrl(url)
  checkStatus(status)
  checkHeaders('headers', headers)
  checkJson('json', json)
  checkBody(body, times)
  checkDuration('delayMs', delayMs)
  checkCount('times', times, 1)
  const given = [json, body, error].filter((member) => member !== undefined).length
  if (given > 1) throw new ConfigurationError('an exchange has one of json, body and error', { option: 'body' })
  if (bodylessStatuses.has(status) && given > 0 && error === undefined) {
    throw new ConfigurationError(`a ${status} has no body`, { option: 'body' })
  }
}

function checkUrl(url: unknown): void {
  if (url === undefined || classOf(url) === 'RegExp' || classOf(url) === 'URL') return
  if (typeof url === 'string' && (url.startsWith('/') || URL.canParse(url))) return
  const got = typeof url === 'string' ? `"${url}"` : kindOf(url)
  throw new ConfigurationError(`url must be absolute, a path that begins with /, or a RegExp (got ${got})`, { option: 'url' })
}

function checkBody(body: unknown, times: unknown): void {
  if (body === undefined || typeof body === 'string') return
  const name = classOf(body)
  if (!bodyClasses.test(name) || Array.isArray(body)) {
    throw new ConfigurationError(`body must be text, bytes or a stream (got ${kindOf(body)}); did you mean json?`, {
      option: 'body',
    })
  }
  if (name !== 'ReadableStream' || times === undefined || times === 1) return
  throw new ConfigurationError('a stream can be read once: with times, give the body as text or bytes', { option: 'times' })
}

/** Whether the request is the one expected. */
export function matches({ method, url }: MockExchange, request: MockRequest): boolean {
  if (method !== undefined && method.toUpperCase() !== request.method) return false
  if (url === undefined) return true
  if (isRegExp(url)) return new RegExp(url.source, url.flags.replace(/[gy]/g, '')).test(request.url)
  const got = new URL(request.url)
  if (typeof url !== 'string' || !url.startsWith('/')) return isSameUrl(new URL(url), got)
  const wanted = new URL(`${got.origin}${url}`)
  return url.includes('?') ? isSameUrl(wanted, got) : wanted.pathname === got.pathname
}

/** As far as servers see them: without the fragment, and whatever escapes the query is written with. */
function isSameUrl(a: URL, b: URL): boolean {
  const isSameQuery = JSON.stringify([...a.searchParams]) === JSON.stringify([...b.searchParams])
  return a.origin === b.origin && a.pathname === b.pathname && isSameQuery
}

/** Of whatever realm: Jest has one for each test file. */
function isRegExp(url: string | URL | RegExp): url is RegExp {
  return classOf(url) === 'RegExp'
}

/** The exchange in words. */
export function described({ method = 'any method', url = 'any URL' }: MockExchange): string {
  return `${method} ${String(url)}`
}

/** What is missing, where a path is written as it is given to a client, without that of the base URL. */
export function hintFor({ url }: MockExchange, request: MockRequest): string {
  if (typeof url !== 'string' || !url.startsWith('/')) return ''
  const got = new URL(request.url).pathname
  const isBelow = got.endsWith(url.replace(/\?.*/, '')) && !matches({ url }, request)
  return isBelow ? `; the path of the base URL counts, so write "${got}"` : ''
}

/** The answer of an exchange. Answers to HEAD have headers alone (RFC 9110 section 9.3.2). */
export function responseOf({ status = 200, headers, json, body }: MockExchange, method: string): Response {
  const all = new Headers(headers)
  if (json !== undefined && !all.has('content-type')) all.set('content-type', 'application/json')
  if (method === 'HEAD') return new Response(null, { status, headers: all })
  return new Response(json === undefined ? (body ?? null) : JSON.stringify(json), { status, headers: all })
}
