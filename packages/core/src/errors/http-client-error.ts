import { harmlessCause } from '../harmless-cause.ts'
import { brandError, hasErrorBrand } from './error-brand.ts'

/** The request an error belongs to, without secrets: no user info, query values masked. */
export interface FailedRequest {
  readonly method: string
  readonly url: string
}

/** What every error of the family may be given. */
export interface ErrorDetails {
  /** What led to this error. Anything but words and codes is left out of it: others put requests, with their secrets, into errors. */
  readonly cause?: unknown
  /** Whether the same call may succeed later. @default false, or what the class says */
  readonly retryable?: boolean | undefined
  /** How many times the request was sent. @default 0 */
  readonly attempts?: number | undefined
  /** The request this error belongs to. */
  readonly request?: FailedRequest | undefined
}

/**
 * The family of all errors that requestforge throws.
 *
 * `instanceof` and `isInstance` recognise instances from other copies of the library too.
 */
export class HttpClientError extends Error {
  /** What instances from other copies of the library are recognised by. */
  static readonly kind: string = 'HttpClientError'
  override readonly name: string = 'HttpClientError'

  /** True for instances of this class, from whichever copy of the library they come. */
  static isInstance<C extends abstract new (...args: never) => unknown>(this: C, error: unknown): error is InstanceType<C> {
    return hasErrorBrand(this, error)
  }

  static override [Symbol.hasInstance](error: unknown): boolean {
    return hasErrorBrand(this, error)
  }

  /** Stable, for programs: `configuration`, `connection`, `timeout`, `http_404`, … */
  readonly code: string
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** How many times the request was sent. */
  readonly attempts: number
  /** The request this error belongs to, without secrets. */
  readonly request?: FailedRequest | undefined
  /** The waits before the sends after the first, in milliseconds; absent where it was sent once. */
  declare readonly retryDelaysMs?: readonly number[] | undefined
  /** Why it was not sent again though that might have helped, where there is a retry strategy: such as a body that is not replayable. */
  declare readonly notRetried?: string | undefined

  constructor(message: string, details: ErrorDetails & { readonly code: string }) {
    const cause = harmlessCause(details.cause, isOfTheFamily)
    super(message, cause === undefined ? undefined : { cause })
    brandError(this, new.target)
    this.code = details.code
    this.retryable = details.retryable ?? false
    this.attempts = details.attempts ?? 0
    if (details.request !== undefined) this.request = details.request
  }
}

// Outside of the class: bundlers rename a class that speaks of itself, and stack traces and inspections would show `_HttpClientError`.
function isOfTheFamily(error: unknown): boolean {
  return hasErrorBrand(HttpClientError, error)
}
