import type { Clock } from '@requestforge/core'
import { AuthenticationError, ConfigurationError } from '@requestforge/core/errors'
import type { TokenData, TokenProvider, TokenRequestContext } from '@requestforge/oauth'
import { checkArray, checkClock, checkCount, checkDuration, checkOptions, checkText, kindOf } from './option-checks.ts'
import { pause, platformTimers, type Timers } from './pause.ts'

/** What a mock provider gives, and when. */
export interface MockTokenProviderOptions {
  /** Given one after the other, the last one again and again. @default `mock-token-1`, `mock-token-2`, … of one hour each */
  readonly tokens?: readonly TokenData[] | undefined
  /** How long each call takes, in milliseconds. @default 0 */
  readonly delayMs?: number | undefined
  /** What the first calls throw, one after the other; `undefined` lets a call pass. A number: so many retryable AuthenticationErrors. @default none */
  readonly failures?: number | readonly unknown[] | undefined
  /** @default 'mock-service' */
  readonly serviceName?: string | undefined
  /** @default the service name */
  readonly identity?: string | readonly string[] | undefined
  /** For `delayMs`, and for the expiry of the tokens it makes. @default the platform's */
  readonly clock?: (Timers & Pick<Clock, 'now'>) | undefined
}

/** One call that a mock provider got. */
export interface MockTokenCall {
  readonly kind: 'fetch' | 'refresh' | 'revoke'
  /** In milliseconds since the epoch. */
  readonly at: number
  /** What was handed in to be refreshed or revoked. */
  readonly current: TokenData | undefined
}

const optionNames: readonly (keyof MockTokenProviderOptions)[] = [
  'tokens',
  'delayMs',
  'failures',
  'serviceName',
  'identity',
  'clock',
]

/**
 * A token provider that needs no server, and counts what it is asked. Refresh tokens are used where the tokens it was given carry one.
 *
 * @example
 * const provider = new MockTokenProvider({ tokens: [fakeToken({ accessToken: 'a' }), fakeToken({ accessToken: 'b' })] })
 */
export class MockTokenProvider implements TokenProvider {
  readonly serviceName: string
  readonly identity: string | readonly string[]
  /** Every call, in order, those that failed included. */
  readonly calls: readonly MockTokenCall[]
  readonly #calls: MockTokenCall[] = []
  readonly #tokens: readonly TokenData[]
  readonly #failures: unknown[]
  /** How many calls fail before those told of later. */
  #failuresLeft: number
  readonly #delayMs: number
  readonly #clock: Timers & Pick<Clock, 'now'>
  #given = 0

  /** @throws ConfigurationError */
  constructor(options: MockTokenProviderOptions = {}) {
    checkProviderOptions(options)
    const { tokens = [], delayMs = 0, failures = [], serviceName = 'mock-service', identity = serviceName } = options
    this.serviceName = serviceName
    this.identity = identity
    this.calls = this.#calls
    this.#tokens = [...tokens]
    this.#failuresLeft = typeof failures === 'number' ? failures : 0
    this.#failures = typeof failures === 'number' ? [] : [...failures]
    this.#delayMs = delayMs
    this.#clock = options.clock ?? { ...platformTimers, now: () => Date.now() }
  }

  /** How often `fetchToken` was called. */
  get fetchCount(): number {
    return this.#count('fetch')
  }

  /** How often `refreshToken` was called. */
  get refreshCount(): number {
    return this.#count('refresh')
  }

  /** How often `revokeToken` was called. */
  get revokeCount(): number {
    return this.#count('revoke')
  }

  /** The next call, of whatever kind, throws `error`; called twice, the next two do. */
  failNext(error: unknown = this.#transientFailure()): void {
    this.#failures.push(error)
  }

  async fetchToken(context?: TokenRequestContext): Promise<TokenData> {
    await this.#answer('fetch', undefined, context)
    return this.#next(context)
  }

  async refreshToken(current: TokenData, context?: TokenRequestContext): Promise<TokenData> {
    await this.#answer('refresh', current, context)
    return this.#next(context)
  }

  async revokeToken(current: TokenData, context?: TokenRequestContext): Promise<void> {
    await this.#answer('revoke', current, context)
  }

  #count(kind: MockTokenCall['kind']): number {
    return this.#calls.filter((call) => call.kind === kind).length
  }

  async #answer(kind: MockTokenCall['kind'], current: TokenData | undefined, context?: TokenRequestContext): Promise<void> {
    this.#calls.push({ kind, at: this.#now(context), current })
    const failure = this.#failuresLeft > 0 ? this.#transientFailure() : this.#failures.shift()
    if (this.#failuresLeft > 0) this.#failuresLeft -= 1
    await pause(this.#delayMs, this.#clock, context?.signal)
    if (failure !== undefined) throw failure
  }

  #next(context: TokenRequestContext | undefined): TokenData {
    const number = ++this.#given
    const token = this.#tokens[Math.min(number, this.#tokens.length) - 1]
    return token ?? { accessToken: `mock-token-${number}`, tokenType: 'Bearer', expiresAt: this.#now(context) + 3_600_000 }
  }

  #now(context: TokenRequestContext | undefined): number {
    return context?.now?.() ?? this.#clock.now()
  }

  #transientFailure(): AuthenticationError {
    const { serviceName } = this
    return new AuthenticationError(`no token for ${serviceName}: told to fail`, { serviceName, retryable: true })
  }
}

function checkProviderOptions(options: MockTokenProviderOptions): void {
  checkOptions('MockTokenProvider', options, optionNames)
  const { tokens, delayMs, failures, serviceName, identity, clock } = options
  checkTokens(tokens)
  checkDuration('delayMs', delayMs)
  if (typeof failures === 'number') checkCount('failures', failures, 0)
  else checkArray('failures', failures, ' or a number')
  checkText('serviceName', serviceName)
  checkIdentity(identity)
  checkClock(clock, ['now', 'setTimeout', 'clearTimeout'])
}

function checkIdentity(identity: unknown): void {
  if (identity === undefined || typeof identity === 'string') return
  if (Array.isArray(identity) && identity.every((part) => typeof part === 'string')) return
  throw new ConfigurationError(`identity must be a string or an array of strings (got ${kindOf(identity)})`, {
    option: 'identity',
  })
}

function checkTokens(tokens: readonly TokenData[] | undefined): void {
  checkArray('tokens', tokens)
  if (tokens === undefined) return
  const isToken = (token: TokenData | null | undefined): boolean =>
    typeof token?.accessToken === 'string' && token.accessToken !== ''
  if (tokens.length > 0 && [...tokens].every(isToken)) return
  throw new ConfigurationError('tokens must have at least one token, and each an accessToken', { option: 'tokens' })
}
