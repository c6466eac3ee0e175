import { AuthenticationError, TokenData, type TokenProvider, type TokenRequestContext } from 'requestforge'

/** Gets tokens from an endpoint that wants JSON, and a grant of its own. */
export class LegacyTokenProvider implements TokenProvider {
  readonly serviceName = 'legacy-api'
  /** What makes this token different from others of the same service; a shared storage keeps them apart by it. */
  readonly identity: string
  readonly #url: string
  readonly #apiKey: string

  constructor(url: string, apiKey: string) {
    this.identity = url
    this.#url = url
    this.#apiKey = apiKey
  }

  fetchToken(context?: TokenRequestContext): Promise<TokenData> {
    return this.#ask({ grant: 'api-key', key: this.#apiKey }, context)
  }

  /** Optional: without it a token that is due is fetched anew. */
  refreshToken(current: TokenData, context?: TokenRequestContext): Promise<TokenData> {
    return this.#ask({ grant: 'refresh', token: current.refreshToken }, context)
  }

  async #ask(body: object, context: TokenRequestContext | undefined): Promise<TokenData> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: context?.signal ?? null,
    })
    if (!response.ok) {
      throw new AuthenticationError(`the token endpoint answered ${response.status}`, {
        serviceName: this.serviceName,
        retryable: response.status >= 500,
      })
    }
    return TokenData.fromResponse(await response.json(), { keys: { accessToken: 'session', expiresIn: 'valid_for' } })
  }
}
