import { AuthenticationError, ResponseParseError } from '@requestforge/core/errors'
import type { Deviation } from './deviation.ts'
import { hasError, oauthErrorOf } from './endpoint-error.ts'
import { lastDateMs, lifetimeLimitMs } from './renewal-constants.ts'
import { checkResponseOptions } from './response-options.ts'
import type { TokenData, TokenResponseKeys, TokenResponseOptions } from './token-data.ts'

/** A member of the response, whatever it is. */
type Members = Readonly<Record<string, unknown>>

/** Tells a deviation, or refuses it. */
type Tolerate = (kind: string, detail: string) => void

const standardKeys: Required<Record<keyof TokenResponseKeys, string>> = {
  accessToken: 'access_token',
  tokenType: 'token_type',
  expiresIn: 'expires_in',
  expiresAt: 'expires_at',
  refreshToken: 'refresh_token',
  refreshTokenExpiresIn: 'refresh_token_expires_in',
  scope: 'scope',
}

/** What many servers take as one header, in bytes. */
const longTokenLength = 8_192

/**
 * Reads a token response (RFC 6749 section 5.1). What servers do outside of it is tolerated where that is safe and told to
 * `onDeviation`; `strict` refuses all of it.
 *
 * @throws AuthenticationError for what is no token response, never with a value of it
 */
export function readTokenResponse(body: unknown, options: TokenResponseOptions = {}): TokenData {
  checkResponseOptions(options, Object.keys(standardKeys))
  const { receivedAt = Date.now(), strict = false, onDeviation, tokenTypes = ['Bearer'] } = options
  const keys = { ...standardKeys, ...withoutUndefined(options.keys ?? {}) }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw malformed(`is no JSON object`)
  if (hasMethod(body, 'then')) throw malformed('is a promise: await it first')
  if (hasMethod(body, 'json')) throw malformed('is not read yet: give what its json() gives')
  const members = body as Members // an object that is no array
  // Some servers put an access_token of null or '' beside their error.
  if (hasError(members) && !members[keys.accessToken]) throw refused(members)
  const tolerate: Tolerate = (kind, detail) => {
    if (strict) throw malformed(detail)
    onDeviation?.({ kind, detail } satisfies Deviation)
  }
  const accessToken = readAccessToken(members[keys.accessToken], keys.accessToken, tolerate)
  // No RFC forbids it, so `strict` does not either.
  if (accessToken.length > longTokenLength)
    onDeviation?.({
      kind: 'long_access_token',
      detail: `has an ${keys.accessToken} of ${accessToken.length} characters: many servers refuse headers of more than 8 KiB (431)`,
    })
  const lifetimeMs = readLifetime(members, keys, receivedAt, tolerate)
  const refreshIn = readSeconds(members['refresh_in'])
  return defined({
    accessToken,
    tokenType: readTokenType(members[keys.tokenType], tokenTypes, tolerate),
    issuedAt: receivedAt,
    expiresAt: lifetimeMs === undefined ? undefined : receivedAt + lifetimeMs,
    refreshAt: refreshIn === undefined || refreshIn <= 0 ? undefined : receivedAt + Math.min(refreshIn * 1_000, lifetimeLimitMs),
    refreshToken: readRefreshToken(members[keys.refreshToken], tolerate),
    refreshTokenExpiresAt: readRefreshEnd(members[keys.refreshTokenExpiresIn], receivedAt),
    scope: readScope(members[keys.scope], tolerate),
    extra: readExtra(members, keys),
  })
}

function hasMethod(body: object, name: string): boolean {
  return name in body && typeof Reflect.get(body, name) === 'function'
}

function malformed(problem: string): AuthenticationError {
  const message = `the token response ${problem}`
  return new AuthenticationError(message, { cause: new ResponseParseError(message), requestSent: true })
}

function refused(members: Members): AuthenticationError {
  const { code, description } = oauthErrorOf(members)
  const reason = [code, description].filter((part) => part !== undefined).join(': ')
  const message = `the server refused a token${reason === '' ? '' : ` (${reason})`}`
  return new AuthenticationError(message, { oauthError: code, oauthErrorDescription: description, requestSent: true })
}

function readAccessToken(value: unknown, key: string, tolerate: Tolerate): string {
  if (typeof value !== 'string') throw malformed(value === undefined ? `has no ${key}` : `has an ${key} that is no string`)
  const trimmed = value.replace(/[\r\n]+$/, '')
  if (trimmed !== value) tolerate('access_token_newline', `has a line break after the ${key}`)
  if (trimmed === '') throw malformed(`has an empty ${key}`)
  if (!/^[\x21-\x7e]+$/.test(trimmed)) throw malformed(`has an ${key} with characters that no header may carry`)
  return trimmed
}

/** Compared without case (RFC 6749 section 5.1); an unknown type must not be sent as if it were known (section 7.1). */
function readTokenType(value: unknown, tokenTypes: readonly string[], tolerate: Tolerate): string | undefined {
  if (value === undefined || value === null || value === '') {
    tolerate('missing_token_type', 'has no token_type: taken as Bearer')
    return undefined
  }
  if (typeof value !== 'string') throw malformed('has a token_type that is no string')
  const known = tokenTypes.find((type) => type.toLowerCase() === value.trim().toLowerCase())
  if (known === undefined) throw malformed(`has a token_type that is not ${tokenTypes.join(' or ')}`)
  if (known.toLowerCase() !== value.toLowerCase()) tolerate('token_type_whitespace', 'has white space around the token_type')
  return known
}

function readLifetime(members: Members, keys: typeof standardKeys, receivedAt: number, tolerate: Tolerate): number | undefined {
  const given = members[keys.expiresIn]
  const seconds = readSeconds(given)
  if (seconds === undefined) {
    if (given === null) tolerate('null_member', 'has an expires_in of null')
    else if (given !== undefined) tolerate('unreadable_expires_in', 'has an expires_in that is no number: taken as missing')
    const at = readExpiresAt(members[keys.expiresAt], keys.expiresAt, tolerate)
    return at === undefined ? undefined : clampedLifetime(at - receivedAt, tolerate)
  }
  if (typeof given === 'string') tolerate('expires_in_string', 'has an expires_in that is a string')
  if (Number.isFinite(seconds) && !Number.isInteger(seconds))
    tolerate('fractional_expires_in', 'has an expires_in that is no whole number')
  return clampedLifetime(Math.floor(seconds) * 1_000, tolerate)
}

function clampedLifetime(lifetimeMs: number, tolerate: Tolerate): number {
  if (lifetimeMs <= 0) {
    tolerate('expires_in_zero', 'has an expires_in of 0 or less: the token is used once, by those who waited for it')
    return 0
  }
  if (lifetimeMs > lifetimeLimitMs) tolerate('lifetime_clamped', 'has an expires_in of more than a year: taken as a year')
  return Math.min(lifetimeMs, lifetimeLimitMs)
}

/** Seconds as a number or as its digits; undefined for anything else. */
function readSeconds(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : value
  if (typeof value !== 'string' || !/^\s*[+-]?\d+(\.\d+)?(e[+-]?\d+)?\s*$/i.test(value)) return undefined
  return Number(value)
}

/** Servers say never by nothing, by 0 or less, or by more than there are dates, such as 2^63 - 1. */
function readRefreshEnd(value: unknown, receivedAt: number): number | undefined {
  const at = receivedAt + (readSeconds(value) ?? 0) * 1_000
  return at > receivedAt && at <= lastDateMs ? at : undefined
}

/** A 0 says that the server does not know, not that the token ended in 1970. */
function readExpiresAt(value: unknown, key: string, tolerate: Tolerate): number | undefined {
  if (value === undefined || value === null) return undefined
  const at = readPointInTime(value)
  if (at !== undefined && at > 0) return at
  tolerate('unreadable_expires_at', `has an ${key} that is no point in time: taken as missing`)
  return undefined
}

/** Seconds since the epoch, milliseconds since the epoch, or an ISO date, in milliseconds since the epoch. */
function readPointInTime(value: unknown): number | undefined {
  const seconds = readSeconds(value)
  if (seconds !== undefined) return seconds > 100_000_000_000 ? seconds : seconds * 1_000
  const parsed = typeof value === 'string' ? Date.parse(zoned(value.trim())) : Number.NaN
  return Number.isNaN(parsed) ? undefined : parsed
}

/** The name of a zone, or an offset after the time, wherever it stands; or a date alone, which is UTC in any case. */
const zone = /\b(?:UTC?|GMT|[ECMP][SD]T)\b|\d ?Z\b|:\d{2}(?:\.\d+)?(?: ?[AP]M)? ?[+-]\d|^\d{4}-\d{2}-\d{2}$/i
const isoDate = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)$/i

/** A date that names no zone is UTC, as servers mean it: the zone of the machine that reads it says nothing. */
function zoned(date: string): string {
  if (zone.test(date)) return date
  return isoDate.test(date) ? date.replace(isoDate, '$1T$2Z') : `${date} UTC`
}

function readRefreshToken(value: unknown, tolerate: Tolerate): string | undefined {
  if (value === undefined) return undefined
  if (value === null || value === '') {
    tolerate('null_member', 'has a refresh_token that is null or empty: taken as missing')
    return undefined
  }
  if (typeof value === 'string') return value
  tolerate('unreadable_refresh_token', 'has a refresh_token that is no string: taken as missing')
  return undefined
}

function readScope(value: unknown, tolerate: Tolerate): string | undefined {
  if (value === undefined) return undefined
  if (value === null || value === '') {
    tolerate('null_member', 'has a scope that is null or empty: taken as missing')
    return undefined
  }
  const isArray = Array.isArray(value) && value.every((part) => typeof part === 'string')
  if (isArray) tolerate('scope_array', 'has a scope that is an array')
  const text: unknown = isArray ? value.join(' ') : value
  if (typeof text !== 'string') {
    tolerate('unreadable_scope', 'has a scope that is no string: taken as missing')
    return undefined
  }
  if (!text.includes(',')) return text || undefined
  tolerate('scope_commas', 'has a scope with commas')
  const names = text.split(/[\s,]+/).filter((name) => name !== '')
  return names.length === 0 ? undefined : names.join(' ')
}

const dangerousNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

function readExtra(members: Members, keys: typeof standardKeys): TokenData['extra'] {
  const known = new Set<string>([...Object.values(keys), 'refresh_in'])
  const extra = Object.entries(members).filter(([name]) => !known.has(name) && !dangerousNames.has(name))
  return extra.length === 0 ? undefined : Object.freeze(Object.fromEntries(extra))
}

function withoutUndefined(keys: TokenResponseKeys): Partial<typeof standardKeys> {
  return Object.fromEntries(Object.entries(keys).filter(([, name]) => name !== undefined))
}

/** Leaves out what is undefined: tokens are stored and compared member by member. */
function defined(token: TokenData): TokenData {
  // The filter takes away optional members alone.
  return Object.fromEntries(Object.entries(token).filter(([, value]) => value !== undefined)) as unknown as TokenData
}
