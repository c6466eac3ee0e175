/** An answer of the server, before a fault spoils it. */
export interface OAuthAnswer {
  readonly status: number
  /** Sent as JSON, unless it is text already. */
  readonly body: Readonly<Record<string, unknown>> | string
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * An error of the token endpoint.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function oauthError(error: string, description: string, status = 400): OAuthAnswer {
  return { status, body: { error, error_description: description } }
}
