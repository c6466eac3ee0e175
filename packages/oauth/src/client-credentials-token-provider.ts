import { OAuthClient } from './oauth-client.ts'
import { type ClientCredentialsOptions, checkProviderOptions } from './provider-options.ts'
import { showOnly } from './redacted.ts'
import type { TokenData } from './token-data.ts'
import type { TokenProvider, TokenRequestContext } from './token-provider.ts'

/**
 * Tokens for the client itself.
 *
 * @see RFC 6749 section 4.4
 * @example
 * new ClientCredentialsTokenProvider({ tokenUrl: 'https://auth.example.com/oauth/token', clientId, clientSecret, serviceName: 'example-api' })
 */
export class ClientCredentialsTokenProvider implements TokenProvider {
  readonly serviceName: string
  readonly identity: readonly string[]
  /** A client needs nobody to get its own tokens. */
  readonly canFetch: boolean = true
  /** Present if there is a `revocationUrl`. */
  readonly revokeToken?: (current: TokenData, context?: TokenRequestContext) => Promise<void>
  readonly #client: OAuthClient

  /** @throws ConfigurationError that names the option and says what it wants */
  constructor(options: ClientCredentialsOptions) {
    checkProviderOptions('ClientCredentialsTokenProvider', options)
    const client = new OAuthClient(options, 'client_credentials')
    this.serviceName = options.serviceName
    this.identity = client.identity
    this.#client = client
    if (options.revocationUrl !== undefined) this.revokeToken = (current, context) => client.revoke(current, context)
    showOnly(this, { serviceName: this.serviceName, clientId: options.clientId })
  }

  /** @throws AuthenticationError */
  fetchToken(context?: TokenRequestContext): Promise<TokenData> {
    return this.#client.fetch(async () => ({ pairs: [], secrets: [] }), context)
  }

  /** For the servers that give a refresh token with this grant, although they should not (section 4.4.3). @throws AuthenticationError */
  refreshToken(current: TokenData, context?: TokenRequestContext): Promise<TokenData> {
    return this.#client.refresh(current, context)
  }
}
