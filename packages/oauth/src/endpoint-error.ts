import { retryAfterMs } from '@requestforge/core'
import { AuthenticationError } from '@requestforge/core/errors'
import { secretHider } from '@requestforge/core/hide-secrets'
import type { ParsedBody } from './answer-body.ts'
import { harmlessWords } from './harmless-error.ts'

type Members = Readonly<Record<string, unknown>> | undefined

/** What an endpoint answered instead of a token. */
export interface RefusedAnswer {
  readonly serviceName: string
  /** What was asked, for the message: `token request`, `revocation`. */
  readonly what: string
  readonly status: number
  readonly headers: Headers
  readonly members: Members
  /** `broken`: the body was cut off, or could not be read for another reason. */
  readonly form: ParsedBody['form']
  /** Never shown, wherever the server repeats them. */
  readonly secrets: readonly string[]
  readonly now: number
}

const transientCodes: ReadonlySet<string> = new Set([
  'temporarily_unavailable',
  'server_error',
  'slow_down',
  'authorization_pending',
])

/**
 * What RFCs define as codes (6749, 6750, 7009, 8628, 8707, 9449). They are public words: a secret that is a part of one, such as "client" in
 * a test, is not repeated there, and what happens next depends on them.
 */
const registeredCodes: ReadonlySet<string> = new Set([
  ...transientCodes,
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_token_type',
  'invalid_scope',
  'access_denied',
  'expired_token',
  'invalid_token',
  'insufficient_scope',
  'invalid_target',
  'invalid_dpop_proof',
  'use_dpop_nonce',
])

/** The typed error of an answer that is no token. @see RFC 6749 section 5.2 */
export function endpointError(answer: RefusedAnswer): AuthenticationError {
  const { serviceName, what, status, headers, members, form, secrets, now } = answer
  const oauthError = codeOf(members, secrets) ?? (status === 401 ? 'invalid_client' : undefined)
  const oauthErrorDescription = descriptionOf(members, secrets)
  const words = form === 'broken' ? 'its body cannot be read' : oauthErrorDescription
  const reason = [oauthError, words].filter((part) => part !== undefined).join(': ')
  const message = `the ${what} for ${serviceName} was answered with ${status}${reason === '' ? '' : ` (${reason})`}`
  return new AuthenticationError(message, {
    serviceName,
    oauthError,
    oauthErrorDescription,
    retryable: isTransientAnswer(status, oauthError),
    retryAfterMs: retryAfterMs(headers.get('retry-after'), now),
    requestSent: true,
  })
}

/** True if the same request may succeed later. A 403 without a code is a firewall's or a rate limit's, not the endpoint's: it may pass. */
export function isTransientAnswer(status: number, oauthError: string | undefined): boolean {
  if (oauthError !== undefined && status < 500 && status !== 429) return transientCodes.has(oauthError)
  return status >= 500 || status === 429 || status === 408 || status === 425 || (status === 403 && oauthError === undefined)
}

/** True for an answer that says what is wrong, whatever its status (some servers answer errors with 200). */
export function hasError(members: Members): boolean {
  const error = members?.['error']
  return (typeof error === 'string' && error !== '') || (isObject(error) && !Array.isArray(error))
}

/** The error code and description that an answer names, made fit to be shown. */
export function oauthErrorOf(
  members: Members,
  secrets: readonly string[] = [],
): { readonly code?: string | undefined; readonly description?: string | undefined } {
  return { code: codeOf(members, secrets), description: descriptionOf(members, secrets) }
}

function codeOf(members: Members, secrets: readonly string[]): string | undefined {
  const error = members?.['error']
  const nested = isObject(error) ? (error['code'] ?? error['type'] ?? error['error']) : error
  const code = nested ?? members?.['errorCode'] ?? members?.['error_code'] ?? members?.['code']
  if (typeof code !== 'string' && typeof code !== 'number') return undefined
  const text = String(code)
  return registeredCodes.has(text) ? text : harmless(text, secrets, 80) || undefined
}

function descriptionOf(members: Members, secrets: readonly string[]): string | undefined {
  const error = members?.['error']
  const nested = isObject(error) ? (error['message'] ?? error['description']) : undefined
  const texts = [
    members?.['error_description'],
    nested,
    members?.['errorSummary'],
    members?.['message'],
    members?.['detail'],
    members?.['title'],
  ]
  const text = texts.find((candidate) => typeof candidate === 'string' && candidate !== '')
  return typeof text === 'string' ? harmless(text, secrets, 200) : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** More of a server's words is neither shown nor searched for secrets, in characters. */
const searchedLength = 1_024

/** A server's words made fit to be shown: without secrets that it repeats, on one line, short. */
function harmless(text: string, secrets: readonly string[], limit: number): string {
  // A custom provider's secrets are not known, and those of others are not, either.
  const shown = harmlessWords(secretHider(secrets)(text, searchedLength))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out.
  const line = shown.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()
  return line.length > limit ? `${line.slice(0, limit)}…` : line
}
