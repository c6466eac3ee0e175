import { ConfigurationError } from '../errors/configuration-error.ts'
import type { FailedRequest, HttpClientError } from '../errors/http-client-error.ts'
import { ResponseParseError } from '../errors/response-errors.ts'
import { ConnectionError, RequestTimeoutError, TlsError } from '../errors/transport-errors.ts'
import { harmlessCause, harmlessText } from '../harmless-cause.ts'
import { thrownMember } from '../thrown-member.ts'

/** What is known of the exchange that failed. */
export interface FailureContext {
  readonly request: FailedRequest
  readonly attempts: number
  /** Undefined: to be guessed from the error. */
  readonly requestSent?: boolean | undefined
  /** The status, if the failure came after the headers. */
  readonly status?: number | undefined
  readonly elapsedMs: number
  /** Takes out of words what is known to be a secret of this exchange: whoever fails may repeat it. @default by names alone */
  readonly clean?: ((text: string) => string) | undefined
}

const notSentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'ConnectionRefused', // Bun
  'FailedToOpenSocket', // Bun
  'DNSResolutionFailed', // Bun
])
const unsendableCodes = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])
const tlsCode =
  /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_OSSL_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH|EPROTO)/
// Deno's errors have no code; these are the words of the libraries below it.
const tlsWords = /certificate|tls|ssl|corrupt message/i
const notSentWords = /client error \(Connect\)|dns error|connection refused|failed to lookup|are blocked/i
// Bun's say no more: what a server itself has cut short is undecodable there. What its connection has cut short has another code.
const undecodableCode =
  /^(Z_DATA_ERROR|Z_NEED_DICT|ERR__ERROR_|ERR_PADDING|ZSTD_error_|ERR_BROTLI|(Zlib|BrotliDecompression|ZstdDecompression)Error$)/
// Deno's words.
const undecodableWords =
  /invalid gzip header|crc computed does not match|amount of bytes read does not match|deflate decompression error|brotli error/i
const cutWords = /unexpected (end of file|EOF)/i
const proxyRefusal = /Proxy response \((\d+)\)/
// The peer closed in an orderly way before its body was complete; a reset is a failure of the connection.
const cutCodes = new Set(['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_SOCKET', 'HPE_INVALID_EOF_STATE', 'Z_BUF_ERROR'])

/** Types what a transport threw; Node, Bun and Deno put what happened in different places. */
export function typedFailure(error: unknown, context: FailureContext): HttpClientError {
  const { request, attempts, status, clean } = context
  const cause = harmlessCause(error, () => false, clean)
  const details = { cause, request, attempts }
  const code = failureCode(error)
  const target = `${request.method} ${request.url}`
  if (code !== undefined && unsendableCodes.has(code)) {
    return new ConfigurationError(`${target} cannot be sent: ${harmlessText(messageOf(cause))}`, details)
  }
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return connectTimeout(target, context, details)
  if (code === 'ERR_BUFFER_TOO_LARGE') {
    return new ResponseParseError(`${target}: the body of the ${status} is larger than maxResponseBytes`, { ...details, status })
  }
  if (isUndecodable(error, code, context)) {
    const message = `${target}: the body of the ${status} cannot be decompressed (${code ?? 'no code'})`
    return new ResponseParseError(message, { ...details, status })
  }
  if (isTlsFailure(error, code, request.url))
    return new TlsError(`${target}: the TLS handshake failed (${code ?? 'no code'})`, details)
  if (isCut(error, code, context)) {
    return new ResponseParseError(`${target}: the body of the ${status} was cut off`, { ...details, status, retryable: true })
  }
  const sent = context.requestSent ?? !isNotSent(error, code, request.url)
  const when = status === undefined ? '' : ` while the body of the ${status} was read`
  const refusal = proxyRefusal.exec(messageOf(error))?.[1]
  const what = refusal === undefined ? (code ?? 'no code') : `the proxy answered ${refusal}`
  return new ConnectionError(`${target}: ${sent ? 'the connection failed' : 'no connection'}${when} (${what})`, {
    ...details,
    requestSent: sent,
    status,
  })
}

/** The limit of a fetch, which is not ours to set; Node's says how long it is. */
function connectTimeout(
  target: string,
  { elapsedMs }: FailureContext,
  details: { readonly cause: unknown },
): RequestTimeoutError {
  const timeoutMs = Number(/timeout: (\d+)ms/.exec(messageOf(details.cause))?.[1] ?? Math.round(elapsedMs))
  return new RequestTimeoutError(`${target}: no connection within ${timeoutMs} ms`, {
    ...details,
    phase: 'connect',
    timeoutMs,
    elapsedMs,
  })
}

/** The first code in the chain of causes: Node's fetch has it in `cause`, Bun on the error itself, Deno nowhere. */
function failureCode(error: unknown): string | undefined {
  let current = error
  for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth++) {
    const code = thrownMember(current, 'code')
    if (typeof code === 'string' && /^\w{1,60}$/.test(code)) return code
    const errors = thrownMember(current, 'errors')
    current = Array.isArray(errors) && errors.length > 0 ? errors[0] : thrownMember(current, 'cause')
  }
  return undefined
}

/** Ends the reading of a body that is longer than allowed; typed like what zlib throws for the same reason. */
export function oversizedBody(maxBytes: number): Error {
  return Object.assign(new Error(`the body is longer than ${maxBytes} bytes`), { code: 'ERR_BUFFER_TOO_LARGE' })
}

function isUndecodable(error: unknown, code: string | undefined, { request, status }: FailureContext): boolean {
  if (code !== undefined) return undecodableCode.test(code)
  return status !== undefined && undecodableWords.test(wordsWithoutUrl(error, request.url))
}

function isCut(error: unknown, code: string | undefined, { request, status }: FailureContext): boolean {
  if (status === undefined) return false
  return code === undefined ? cutWords.test(wordsWithoutUrl(error, request.url)) : cutCodes.has(code)
}

function isTlsFailure(error: unknown, code: string | undefined, url: string): boolean {
  return code === undefined ? tlsWords.test(wordsWithoutUrl(error, url)) : tlsCode.test(code)
}

function isNotSent(error: unknown, code: string | undefined, url: string): boolean {
  return code === undefined ? notSentWords.test(wordsWithoutUrl(error, url)) : notSentCodes.has(code)
}

/** `GET /certificates` is not a failure of TLS, and neither is `tls.example.com`; a host that is called just `tls` leaves the word its meaning. */
function wordsWithoutUrl(error: unknown, url: string): string {
  const host = /\/\/([^/?#:]*)/.exec(url)?.[1]
  return messageOf(error)
    .replace(/\bhttps?:\/\/[^\s)"']*/gi, '')
    .replace(/[\w.-]+(:\d+)?/g, (word, port: string | undefined = '') =>
      word === `${host}${port}` && (port !== '' || /\W/.test(word)) ? '' : word,
    )
}

/** The words of the whole chain of causes: Deno says what happened in the inner one. */
function messageOf(error: unknown): string {
  const words: string[] = []
  for (let current = error; words.length < 5; current = thrownMember(current, 'cause')) {
    const message = thrownMember(current, 'message')
    if (typeof message !== 'string') break
    words.push(message)
  }
  return words.join(' | ')
}
