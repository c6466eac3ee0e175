import { endpoint, extraParameters, scopeText, type UncheckedProviderOptions } from './provider-options.ts'
import type { TokenData } from './token-data.ts'
import { TokenEndpoint } from './token-endpoint.ts'
import type { TokenRequestContext } from './token-provider.ts'

/** What the providers of this package have in common: a client at a token endpoint, with its scope and its extra parameters. */
export class OAuthClient {
  /** What makes its tokens different from others of the same service; no secret among it. */
  readonly identity: readonly string[]
  readonly #endpoint: TokenEndpoint
  readonly #scope: string | undefined
  readonly #extra: readonly (readonly [string, string])[]

  /** @param subject whose tokens these are, where it is not the client's own */
  constructor(options: UncheckedProviderOptions, grantType: string, subject: Readonly<Record<string, string>> = {}) {
    const { clientId, extraParams } = options
    this.#scope = scopeText(options.scope)
    const reserved = { grant_type: grantType, client_id: clientId, scope: this.#scope, username: subject['username'] }
    this.#extra = extraParameters(extraParams, reserved)
    this.#endpoint = new TokenEndpoint(options)
    const extra = this.#extra.map((pair) => JSON.stringify(pair)).sort()
    const scopes = [...new Set(this.#scope?.split(' '))].sort()
    const url = endpoint('tokenUrl', options.tokenUrl, options.allowInsecureRequests === true).href
    // Each part is JSON, so no value can pass for a boundary between two.
    this.identity = [url, grantType, clientId, ...Object.values(subject)]
      .map((part) => JSON.stringify(part))
      .concat(JSON.stringify(scopes), JSON.stringify(extra))
  }

  /** Asks for a token. @param secrets what of the parameters must never be shown */
  async request(
    grantType: string,
    parameters: Readonly<Record<string, string>>,
    secrets: readonly string[],
    context: TokenRequestContext = {},
  ): Promise<TokenData> {
    const scope: readonly (readonly [string, string])[] = this.#scope === undefined ? [] : [['scope', this.#scope]]
    const all = [...Object.entries(parameters), ...scope, ...this.#extra]
    const token = await this.#endpoint.requestToken({ grantType, parameters: all, secrets, context })
    // An omitted scope is the requested one (RFC 6749 section 5.1).
    return token.scope === undefined && this.#scope !== undefined ? { ...token, scope: this.#scope } : token
  }

  /** Redeems a refresh token (RFC 6749 section 6). */
  refresh(refreshToken: string, context?: TokenRequestContext): Promise<TokenData> {
    return this.request('refresh_token', { refresh_token: refreshToken }, [refreshToken], context)
  }

  /** Revokes the refresh token first: with it goes the right to new ones (RFC 7009 section 2.1). */
  async revoke(current: TokenData, context: TokenRequestContext = {}): Promise<void> {
    if (current.refreshToken !== undefined) await this.#endpoint.revoke(current.refreshToken, 'refresh_token', context)
    await this.#endpoint.revoke(current.accessToken, 'access_token', context)
  }
}
