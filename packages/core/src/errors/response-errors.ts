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
  readonly path?: readonly unknown[] | undefined
}

/** The parsed body does not match the request's `schema`. */
export class SchemaValidationError extends HttpClientError {
  static override readonly kind: string = 'SchemaValidationError'
  override readonly name: string = 'SchemaValidationError'

  declare readonly code: 'schema'
  /** What the schema found, in its own words. */
  readonly issues: readonly SchemaIssue[]

  constructor(message: string, details: ErrorDetails & { readonly issues: readonly SchemaIssue[] }) {
    super(message, { ...details, code: 'schema' })
    this.issues = details.issues
  }
}
