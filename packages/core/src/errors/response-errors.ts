import { hideAnswer } from './hidden-answer.ts'
import { type ErrorDetails, HttpClientError } from './http-client-error.ts'

/** The body is not what was asked for: invalid or empty JSON, too large, cut off, undecodable. */
export class ResponseParseError extends HttpClientError {
  static override readonly kind: string = 'ResponseParseError'
  override readonly name: string = 'ResponseParseError'

  declare readonly code: 'parse'
  /** The response's status, where one arrived. */
  readonly status: number | undefined

  constructor(message: string, details: ErrorDetails & { readonly status?: number | undefined } = {}) {
    super(message, { ...details, code: 'parse' })
    this.status = details.status
  }
}

/** One thing that a schema found wrong. */
export interface SchemaIssue {
  readonly message: string
  /** The keys that lead to it, from the outside to the inside. */
  readonly path?: readonly unknown[] | undefined
}

/** The parsed body does not match the request's `schema`. */
export class SchemaValidationError extends HttpClientError {
  static override readonly kind: string = 'SchemaValidationError'
  override readonly name: string = 'SchemaValidationError'

  declare readonly code: 'schema'
  // No member of its own: loggers and inspections show the values of hidden ones, and call getters, too.
  readonly #issues: readonly SchemaIssue[]

  constructor(message: string, details: ErrorDetails & { readonly issues: readonly SchemaIssue[] }) {
    super(message, { ...details, code: 'schema' })
    this.#issues = Array.from(details.issues, issueWithoutBody)
    hideAnswer(this)
  }

  /** What the schema found, in its own words, and where. Not enumerable: the words may quote the body. */
  get issues(): readonly SchemaIssue[] {
    return this.#issues
  }
}

/** Schemas put into their issues, and into each step of a path, the values that they looked at. */
function issueWithoutBody({ message, path }: SchemaIssue): SchemaIssue {
  return path ? { message, path: Array.from(path, keyOf) } : { message }
}

function keyOf(step: unknown): unknown {
  return typeof step === 'object' && step !== null && 'key' in step ? step.key : step
}
