import type { TokenData } from '@requestforge/oauth'
import type { ValueCipher } from './encryption.ts'

/** A value as it stands in Redis, with Redis's own times in milliseconds. */
export interface RawValue {
  readonly text: string
  /** When it was written. */
  readonly writtenAt: number
  readonly now: number
}

const plainFormat = '1:'
const encryptedFormat = '1e:'

/**
 * Times are kept as distances from the moment of writing, which Redis dates with its own clock: so a writer whose clock is wrong does not
 * make a token look good for longer than it is.
 */
const times = ['issuedAt', 'expiresAt', 'refreshAt', 'refreshTokenExpiresAt'] as const
const texts = ['tokenType', 'refreshToken', 'scope'] as const

/** Writes token data for `redisKey`. */
export async function encodeValue(
  token: TokenData,
  redisKey: string,
  cipher: ValueCipher | undefined,
  now: number,
): Promise<string> {
  const json = JSON.stringify(movedBy(token, -now))
  return cipher === undefined ? plainFormat + json : encryptedFormat + (await cipher.encrypt(json, redisKey))
}

/** Reads token data into the caller's clock. @throws Error that says what is wrong with the value, without it */
export async function decodeValue(
  { text, writtenAt, now }: RawValue,
  redisKey: string,
  cipher: ValueCipher | undefined,
  callerNow: number,
): Promise<TokenData> {
  const value: unknown = parse(await opened(text, redisKey, cipher))
  if (!isTokenData(value)) throw new Error('it is no token')
  if (!(writtenAt > 0)) throw new Error('nobody knows when it was written')
  return movedBy(value, callerNow - Math.max(0, now - writtenAt))
}

async function opened(text: string, redisKey: string, cipher: ValueCipher | undefined): Promise<string> {
  if (text.startsWith(encryptedFormat)) {
    if (cipher === undefined) throw new Error('it is encrypted, and there is no key')
    return cipher.decrypt(text.slice(encryptedFormat.length), redisKey)
  }
  if (!text.startsWith(plainFormat)) throw new Error('its format is unknown')
  // With encryption on, a clear value is one that somebody else may have put there.
  if (cipher !== undefined) throw new Error('it is not encrypted')
  return text.slice(plainFormat.length)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message shows the value.
    throw new Error('it is cut off, or no JSON')
  }
}

function isTokenData(value: unknown): value is TokenData {
  if (typeof value !== 'object' || value === null) return false
  const token: Readonly<Record<string, unknown>> = { ...value }
  const { accessToken, extra } = token
  if (typeof accessToken !== 'string' || accessToken === '') return false
  const hasTexts = texts.every((name) => token[name] === undefined || typeof token[name] === 'string')
  const hasTimes = times.every((name) => token[name] === undefined || Number.isFinite(token[name]))
  return hasTexts && hasTimes && (extra === undefined || (typeof extra === 'object' && extra !== null && !Array.isArray(extra)))
}

function movedBy(token: TokenData, milliseconds: number): TokenData {
  const moved: { -readonly [Name in keyof TokenData]: TokenData[Name] } = { ...token }
  for (const name of times) {
    const time = token[name]
    if (typeof time === 'number') moved[name] = time + milliseconds
  }
  return moved
}
