import { type ErrorDetails, HttpClientError } from './http-client-error.ts'

/** An option is missing or wrong. The message names it and says what it wants. */
export class ConfigurationError extends HttpClientError {
  static override readonly kind: string = 'ConfigurationError'
  override readonly name: string = 'ConfigurationError'

  declare readonly code: 'configuration'
  /** The option's name, where one option alone is at fault. */
  readonly option: string | undefined

  constructor(message: string, details: ErrorDetails & { readonly option?: string | undefined } = {}) {
    super(message, { ...details, code: 'configuration' })
    this.option = details.option
  }
}
