import { ConfigurationError } from '@requestforge/core/errors'
import { mergedHeaders } from './merged-headers.ts'
import { type OAuthAnswer, oauthError } from './oauth-answer.ts'
import {
  checkCount,
  checkDuration,
  checkHeaders,
  checkJson,
  checkMembers,
  checkStatus,
  checkText,
  checkType,
  kindOf,
} from './option-checks.ts'

/** An endpoint of the server. */
export type OAuthEndpoint = 'token' | 'revocation' | 'introspection'

/**
 * What happens to the connection. `before`: the request was read and nothing done; `after`: it was carried out, a refresh token spent, and
 * the answer is lost. `truncate` loses the answer's second half.
 */
export type ConnectionFault = 'reset-before' | 'reset-after' | 'hang-before' | 'hang-after' | 'truncate'

/** What goes wrong with a request. Without any member: a 503 that says `temporarily_unavailable`. */
export interface OAuthServerFault {
  /** With so many requests, one after the other. @default 1 */
  readonly times?: number | undefined
  /** @default 'token' */
  readonly endpoint?: OAuthEndpoint | undefined
  /** From 300 on the request is refused; below, it is carried out and answered with this status. */
  readonly status?: number | undefined
  /** The OAuth error to refuse the request with. @default what fits the status */
  readonly error?: string | undefined
  readonly errorDescription?: string | undefined
  /** The `Retry-After` header: seconds, or a date as HTTP writes it. */
  readonly retryAfter?: number | string | undefined
  /** In place of what the server would send under these names. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as it is, in place of any answer. */
  readonly body?: string | undefined
  /** Members that replace those of the genuine answer; `undefined` takes one away. */
  readonly tokenResponse?: Readonly<Record<string, unknown>> | undefined
  /** Before anything else, in milliseconds. @default 0 */
  readonly delayMs?: number | undefined
  readonly connection?: ConnectionFault | undefined
}

const faultNames: readonly (keyof OAuthServerFault)[] = [
  'times',
  'endpoint',
  'status',
  'error',
  'errorDescription',
  'retryAfter',
  'headers',
  'body',
  'tokenResponse',
  'delayMs',
  'connection',
]
const endpoints: ReadonlySet<unknown> = new Set(['token', 'revocation', 'introspection'])
const connectionFaults: ReadonlySet<unknown> = new Set(['reset-before', 'reset-after', 'hang-before', 'hang-after', 'truncate'])

/** @throws ConfigurationError that names the member */
export function checkFault(fault: OAuthServerFault, option = 'fault'): void {
  checkMembers('a fault', option, fault, faultNames)
  const { times, endpoint, status, error, errorDescription, retryAfter, headers, body, tokenResponse, delayMs, connection } =
    fault
  checkCount('times', times, 1)
  checkOneOf('endpoint', endpoint, endpoints)
  checkStatus(status)
  checkText('error', error)
  checkType('errorDescription', errorDescription, 'string')
  checkRetryAfter(retryAfter)
  checkHeaders('headers', headers)
  checkType('body', body, 'string')
  checkType('tokenResponse', tokenResponse, 'object')
  checkJson('tokenResponse', tokenResponse)
  checkDuration('delayMs', delayMs)
  checkOneOf('connection', connection, connectionFaults)
  if (body === undefined || (error ?? errorDescription ?? tokenResponse) === undefined) return
  throw new ConfigurationError('body is all that is sent: it goes with no error and no tokenResponse', { option: 'body' })
}

function checkOneOf(option: string, value: unknown, allowed: ReadonlySet<unknown>): void {
  if (value === undefined || allowed.has(value)) return
  throw new ConfigurationError(`${option} must be one of ${[...allowed].join(', ')} (got ${kindOf(value)})`, { option })
}

function checkRetryAfter(value: unknown): void {
  if (typeof value === 'string') checkHeaders('retryAfter', { 'retry-after': value })
  else checkCount('retryAfter', value, 0)
}

/** The answer that a fault gives by itself, or undefined if the request is carried out. */
export function refusalOf(fault: OAuthServerFault): OAuthAnswer | undefined {
  const { status, error, errorDescription = 'told to fail', body } = fault
  if (body !== undefined) return { status: status ?? 200, body, headers: { 'content-type': 'text/plain' } }
  if (error !== undefined) return oauthError(error, errorDescription, status ?? 400)
  const refused = status ?? (isBare(fault) ? 503 : 200)
  return refused >= 300 ? oauthError(errorOf(refused), errorDescription, refused) : undefined
}

/** The genuine answer, as the fault wants it. */
export function spoiled(answer: OAuthAnswer, { status, tokenResponse, retryAfter, headers }: OAuthServerFault): OAuthAnswer {
  const retryHeader = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  const body = typeof answer.body === 'string' ? answer.body : { ...answer.body, ...tokenResponse }
  return { status: status ?? answer.status, body, headers: mergedHeaders(answer.headers, retryHeader, headers) }
}

function isBare({ retryAfter, headers, tokenResponse, delayMs, connection, errorDescription }: OAuthServerFault): boolean {
  const isAnythingElse = [headers, tokenResponse, delayMs, connection].some((member) => member !== undefined)
  return !isAnythingElse || retryAfter !== undefined || errorDescription !== undefined
}

function errorOf(status: number): string {
  if (status === 401) return 'invalid_client'
  if (status === 429 || status === 503) return 'temporarily_unavailable'
  return status >= 500 ? 'server_error' : 'invalid_request'
}
