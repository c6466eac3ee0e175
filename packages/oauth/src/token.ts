import type { AccessToken, Clock } from '@requestforge/core'
import { inspectSymbol, redactedText } from './redacted.ts'
import type { TokenData } from './token-data.ts'

/** What `getToken()` gives: frozen, redacted in `inspect` and JSON. */
export interface Token extends AccessToken {
  readonly accessToken: string
  /** `Bearer` in its usual spelling, others as the server wrote them. */
  readonly tokenType: string
  /** Milliseconds since the epoch; undefined where the server did not say. */
  readonly expiresAt: number | undefined
  readonly refreshToken: string | undefined
  /** Space-separated (RFC 6749 section 3.3). */
  readonly scope: string | undefined
  /** Members of the response that have no place of their own. */
  readonly extra: Readonly<Record<string, unknown>>
  /** True from a little before its end on: it must not be sent any more. */
  readonly isExpired: boolean
  /** True when the server told no lifetime and `defaultLifetimeMs` (or the `exp` of a JWT) stands in. */
  readonly lifetimeAssumed: boolean
  /** The value of an `Authorization` header (RFC 6750 section 2.1). */
  readonly authorizationHeader: string
  /** The plain form, secrets included. */
  toData(): TokenData
  /** The redacted form: what logs may see. */
  toJSON(): Readonly<Record<string, unknown>>
}

const noExtra: Readonly<Record<string, unknown>> = Object.freeze({})

/** `bearer` in any spelling is `Bearer`: servers write it in many ways, APIs want one (RFC 6750 section 2.1). */
function canonicalTokenType(tokenType: string | undefined): string {
  return tokenType === undefined || /^bearer$/i.test(tokenType) ? 'Bearer' : tokenType
}

/** A token in the hands of a manager. All state is private: spreading, `inspect` and JSON show no secret. */
export class ManagedToken implements Token {
  readonly #data: TokenData
  readonly #clock: Clock
  readonly #expiredAt: number

  /** `expiredAt` is on the clock's monotonic scale. */
  constructor(data: TokenData, clock: Clock, expiredAt: number) {
    this.#data = data
    this.#clock = clock
    this.#expiredAt = expiredAt
    Object.freeze(this)
  }

  get accessToken(): string {
    return this.#data.accessToken
  }

  get tokenType(): string {
    return canonicalTokenType(this.#data.tokenType)
  }

  get expiresAt(): number | undefined {
    return this.#data.expiresAt
  }

  get refreshToken(): string | undefined {
    return this.#data.refreshToken
  }

  get scope(): string | undefined {
    return this.#data.scope
  }

  get extra(): Readonly<Record<string, unknown>> {
    return this.#data.extra ?? noExtra
  }

  get isExpired(): boolean {
    return this.#clock.monotonic() >= this.#expiredAt
  }

  get lifetimeAssumed(): boolean {
    return this.#data.expiresAt === undefined
  }

  get authorizationHeader(): string {
    return `${this.tokenType} ${this.#data.accessToken}`
  }

  get [Symbol.toStringTag](): string {
    return 'Token'
  }

  toData(): TokenData {
    return { ...this.#data }
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return {
      accessToken: redactedText,
      tokenType: this.tokenType,
      expiresAt: this.expiresAt,
      refreshToken: this.refreshToken === undefined ? undefined : redactedText,
      scope: this.scope,
      // Values may be tokens too (`id_token`): names only.
      extra: Object.keys(this.extra),
      isExpired: this.isExpired,
    }
  }

  static {
    // Not a method with a computed name: declarations that are made file by file cannot say its type.
    Object.defineProperty(this.prototype, inspectSymbol, { value: inspectRedacted })
  }
}

function inspectRedacted(
  this: Token,
  _depth: number,
  options: object,
  inspect?: (value: unknown, options: object) => string,
): string {
  return `Token ${inspect === undefined ? JSON.stringify(this) : inspect(this.toJSON(), options)}`
}
