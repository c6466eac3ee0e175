import type { Clock } from '@requestforge/core'
import { ConfigurationError } from '@requestforge/core/errors'
import type { TokenData } from '@requestforge/oauth'
import { checkClock, checkOptions, checkText, checkType, kindOf } from './option-checks.ts'

/** What a fake token is to look like. */
export interface FakeTokenOptions {
  /** @default a random one */
  readonly accessToken?: string | undefined
  /** @default 'Bearer' */
  readonly tokenType?: string | undefined
  /** From now, in milliseconds; negative for a token that has expired. @default 3_600_000 */
  readonly expiresInMs?: number | undefined
  /** @default none */
  readonly refreshToken?: string | undefined
  /** Space-separated. @default none */
  readonly scope?: string | undefined
  readonly extra?: Readonly<Record<string, unknown>> | undefined
  /** Whose `now` it is. @default the platform's */
  readonly clock?: Pick<Clock, 'now'> | undefined
}

const optionNames: readonly (keyof FakeTokenOptions)[] = [
  'accessToken',
  'tokenType',
  'expiresInMs',
  'refreshToken',
  'scope',
  'extra',
  'clock',
]

/**
 * A token that no server knows; each call makes another.
 *
 * @throws ConfigurationError
 */
export function fakeToken(options: FakeTokenOptions = {}): TokenData {
  checkTokenOptions(options)
  const { expiresInMs = 3_600_000, clock = Date, tokenType = 'Bearer', accessToken = randomSecret('fake'), ...rest } = options
  const { refreshToken, scope, extra } = rest
  return {
    accessToken,
    tokenType,
    expiresAt: clock.now() + expiresInMs,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(scope === undefined ? {} : { scope }),
    ...(extra === undefined ? {} : { extra }),
  }
}

function checkTokenOptions(options: FakeTokenOptions): void {
  checkOptions('fakeToken', options, optionNames)
  const { accessToken, tokenType, expiresInMs = 0, refreshToken, scope, extra, clock } = options
  checkText('accessToken', accessToken)
  checkType('tokenType', tokenType, 'string')
  checkType('refreshToken', refreshToken, 'string')
  checkType('scope', scope, 'string')
  checkType('extra', extra, 'object')
  checkClock(clock, ['now'])
  if (Number.isSafeInteger(expiresInMs)) return
  throw new ConfigurationError(`expiresInMs must be a whole number of milliseconds (got ${kindOf(expiresInMs)})`, {
    option: 'expiresInMs',
  })
}

/** Something that no other call gives. */
export function randomSecret(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `${prefix}-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
