import { kindAlone } from './option-values.ts'
import { redactedText } from './redacted.ts'
import type { TokenData } from './token-data.ts'

/** Either a token with the known members alone, or what is wrong with it, without its values. */
export type ReadToken =
  /** `unreadable`: members that are there, and are not what they should be. The token can be used without them. */
  | { readonly token: TokenData; readonly unreadable: readonly TextMember[]; readonly problem?: undefined }
  | { readonly token?: undefined; readonly unreadable?: undefined; readonly problem: string }

/** The members that are text, and can be done without. */
export type TextMember = 'refreshToken' | 'scope'

type UncheckedToken = { readonly [Name in keyof TokenData]?: unknown }

/** A point in time below this is in seconds (or 1973). */
const secondsLimit = 100_000_000_000

/** Reads what a provider or a storage gave: both may be anybody's code, so nothing is taken on trust. */
export function readToken(value: unknown, now: number): ReadToken {
  try {
    return readMembers(value, now)
  } catch {
    // Such as a proxy that was revoked: what it throws says nothing of tokens.
    return { problem: 'a token must have members that can be read' }
  }
}

function readMembers(value: unknown, now: number): ReadToken {
  if (typeof value !== 'object' || value === null) return { problem: `a token must be an object (got ${kindAlone(value)})` }
  // Every member is unknown until it has been checked.
  const given = value as UncheckedToken
  const problem =
    accessTokenProblem(given) ??
    tokenTypeProblem(given.tokenType) ??
    timeProblem('issuedAt', given.issuedAt, now) ??
    timeProblem('expiresAt', given.expiresAt, now) ??
    timeProblem('refreshAt', given.refreshAt, now) ??
    timeProblem('refreshTokenExpiresAt', given.refreshTokenExpiresAt, now)
  if (problem !== undefined) return { problem }
  const isUnreadable = (name: TextMember): boolean =>
    given[name] !== undefined && given[name] !== null && typeof given[name] !== 'string'
  return { token: knownMembers(given), unreadable: (['refreshToken', 'scope'] as const).filter(isUnreadable) }
}

function knownMembers(given: UncheckedToken): TokenData {
  const token: { -readonly [Name in keyof TokenData]: TokenData[Name] } = { accessToken: String(given.accessToken) }
  for (const name of ['tokenType', 'refreshToken', 'scope'] as const) {
    const text = given[name]
    if (typeof text === 'string' && text !== '') token[name] = text
  }
  for (const name of ['issuedAt', 'expiresAt', 'refreshAt', 'refreshTokenExpiresAt'] as const) {
    const time = given[name]
    if (typeof time === 'number') token[name] = time
  }
  const extra = given.extra
  if (typeof extra === 'object' && extra !== null && Object.keys(extra).length > 0) token.extra = Object.freeze({ ...extra })
  return token
}

/** Only what can stand in a header (RFC 6750 section 2.1, widened to all visible ASCII): no line break gets through. */
function accessTokenProblem(given: UncheckedToken): string | undefined {
  const value = given.accessToken
  if (typeof value !== 'string') {
    const hint = 'access_token' in given ? '; did you mean `TokenData.fromResponse(…)`?' : ''
    return `accessToken must be a string (got ${kindAlone(value)})${hint}`
  }
  if (value === '') return 'accessToken must not be empty'
  if (value === redactedText) return 'accessToken is the redacted form of a Token, where its toData() has to be stored'
  if (/^bearer\s/i.test(value)) return 'accessToken must be the token alone, without a scheme before it'
  return /^[\x21-\x7e]+$/.test(value) ? undefined : 'accessToken holds characters that cannot be sent in a header'
}

function tokenTypeProblem(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') return `tokenType must be a string (got ${kindAlone(value)})`
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(value) ? undefined : 'tokenType holds characters that cannot be sent in a header'
}

function timeProblem(name: string, value: unknown, now: number): string | undefined {
  if (value === undefined || value === null) return undefined
  const wanted = `${name} must be in milliseconds since the epoch`
  if (typeof value !== 'number') return `${wanted} (got ${kindAlone(value)})`
  if (Number.isNaN(value)) return `${wanted} (got NaN)`
  if (!Number.isFinite(value)) return undefined
  return value > 0 && value < secondsLimit && now > secondsLimit
    ? `${wanted} (got ${value}, which looks like seconds)`
    : undefined
}
