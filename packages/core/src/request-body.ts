import { ConfigurationError } from './errors/configuration-error.ts'
import type { HeaderMap, HttpMethod, HttpRequestBody } from './handler.ts'
import { isPromise } from './is-promise.ts'
import { letGo } from './let-go.ts'
import { classOf, isOptionBag, kindOf } from './option-checks.ts'
import { encodeParams, type Params } from './params.ts'

/** What of the request options makes the body. */
export interface BodyOptions {
  readonly json?: unknown
  readonly form?: Params | undefined
  readonly body?: HttpRequestBody | (() => HttpRequestBody) | undefined
}

/** A body ready to be sent. */
export interface EncodedBody {
  /** The content type, where the body does not bring its own. */
  readonly headers: HeaderMap
  readonly body?: HttpRequestBody | undefined
  /** Makes the body anew for each send. */
  readonly bodyFactory?: (() => HttpRequestBody) | undefined
  /** Whether it can be sent a second time: all but a stream. */
  readonly replayable: boolean
}

/** The same for every request without a body. */
export const noBody: EncodedBody = { headers: {}, replayable: true }
const jsonHeaders: HeaderMap = { 'content-type': 'application/json' }
const formHeaders: HeaderMap = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }

/** @throws ConfigurationError for what cannot be written as JSON or sent at all */
export function encodeBody({ json, form, body }: BodyOptions): EncodedBody {
  if (json !== undefined) return { headers: jsonHeaders, body: encodeJson(json), replayable: true }
  if (form !== undefined) return { headers: formHeaders, body: encodeParams('form', form).toString(), replayable: true }
  if (body === undefined) return noBody
  if (typeof body === 'function') return { headers: {}, bodyFactory: body, replayable: true }
  return { headers: {}, body: checkBody(body, 'body'), replayable: !(body instanceof ReadableStream) }
}

/** All methods but GET and HEAD, whose body no fetch sends and no server needs to read (RFC 9110 section 9.3.1). */
export function takesBody(method: HttpMethod): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/** `what` is what was given for a body. */
export function noBodyOf(method: HttpMethod, what: string): ConfigurationError {
  return new ConfigurationError(`${what} cannot be sent: a ${method} has no body`, { option: what })
}

/** @throws ConfigurationError for what cannot be sent; `what` says whose it is */
export function checkBody(body: unknown, what: string): HttpRequestBody {
  if (!isBody(body)) {
    letGo(body)
    throw new ConfigurationError(
      `${what} must be a string, bytes, Blob, FormData, URLSearchParams or ReadableStream (got ${kindOf(body)})${bodyHint(body)}`,
      { option: 'body' },
    )
  }
  if (!(body instanceof ReadableStream) || !body.locked) return body
  throw new ConfigurationError(`${what} is a stream that somebody else is reading already`, { option: 'body' })
}

/** What to do instead; JSON only where it loses nothing. */
function bodyHint(body: unknown): string {
  if (typeof body !== 'object' || body === null) return ''
  if ('then' in body) return '; a promise is not awaited: read it first, and give what it resolves to'
  const name = classOf(body)
  if (ArrayBuffer.isView(body)) return '; wrap it in `new Uint8Array(view.buffer, view.byteOffset, view.byteLength)`'
  if (/^(Shared)?ArrayBuffer$/.test(name)) return '; wrap it in `new Uint8Array(…)`'
  if (/^(FormData|Blob|File|URLSearchParams|ReadableStream)$/.test(name)) return `; use the platform's ${name}`
  if ('pipe' in body) return '; wrap it in `Readable.toWeb(…)`'
  return isOptionBag(body) || Array.isArray(body) ? '; did you mean `json`?' : ''
}

function encodeJson(json: unknown): string {
  // JSON knows it as `{}`.
  if (isPromise(json)) {
    letGo(json)
    throw new ConfigurationError('json cannot be a promise: await it first', { option: 'json' })
  }
  let text: string | undefined
  try {
    text = JSON.stringify(json)
  } catch (cause) {
    throw new ConfigurationError('json cannot be written as JSON', { option: 'json', cause })
  }
  if (text === undefined) throw new ConfigurationError(`json cannot be written as JSON (got ${kindOf(json)})`, { option: 'json' })
  return text
}

/** Whether it is something that can be sent as it is. */
export function isBody(body: unknown): body is HttpRequestBody {
  return (
    typeof body === 'string' ||
    body instanceof Uint8Array ||
    body instanceof Blob ||
    body instanceof FormData ||
    body instanceof URLSearchParams ||
    body instanceof ReadableStream
  )
}
