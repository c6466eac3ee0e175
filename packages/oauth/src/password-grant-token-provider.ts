import { ConfigurationError } from '@requestforge/core/errors'
import { type Secret, secretValue } from './client-authentication.ts'
import { OAuthClient } from './oauth-client.ts'
import { checkText } from './option-values.ts'
import { type ClientCredentialsOptions, checkProviderOptions } from './provider-options.ts'
import { showOnly } from './redacted.ts'
import type { TokenData } from './token-data.ts'
import type { TokenProvider, TokenRequestContext } from './token-provider.ts'

/** Options of `PasswordGrantTokenProvider`. */
export type PasswordGrantOptions = ClientCredentialsOptions & {
  readonly username: string
  /** The password, or a function that is asked for it at each login. */
  readonly password: Secret
}

/**
 * Tokens for a user, whose password this program knows. RFC 9700 section 2.4 says not to use this grant; some servers have no other.
 *
 * @see RFC 6749 section 4.3
 */
export class PasswordGrantTokenProvider implements TokenProvider {
  readonly serviceName: string
  readonly identity: readonly string[]
  /** The password is there, so nobody has to log in. */
  readonly canFetch: boolean = true
  /** Present if there is a `revocationUrl`. */
  readonly revokeToken?: (current: TokenData, context?: TokenRequestContext) => Promise<void>
  readonly #client: OAuthClient
  readonly #username: string
  readonly #password: Secret

  /** @throws ConfigurationError that names the option and says what it wants */
  constructor(options: PasswordGrantOptions) {
    checkProviderOptions('PasswordGrantTokenProvider', options, ['username', 'password'])
    const { username, password, ...clientOptions } = options
    checkText('username', username)
    if (typeof password !== 'function' && (typeof password !== 'string' || password === '')) {
      throw new ConfigurationError('password must be a non-empty string or a function', { option: 'password' })
    }
    const client = new OAuthClient(clientOptions, 'password', {
      username,
      password: typeof password === 'string' ? password : undefined,
    })
    this.serviceName = options.serviceName
    this.identity = client.identity
    this.#client = client
    this.#username = username
    this.#password = password
    if (options.revocationUrl !== undefined) this.revokeToken = (current, context) => client.revoke(current, context)
    showOnly(this, { serviceName: this.serviceName, clientId: options.clientId })
  }

  /** Logs in. @throws AuthenticationError */
  fetchToken(context?: TokenRequestContext): Promise<TokenData> {
    return this.#client.fetch(async () => {
      const password = await secretValue('password', this.#password)
      const username = this.#username
      return { pairs: Object.entries({ username, password }), secrets: [password] }
    }, context)
  }

  /** @throws AuthenticationError */
  refreshToken(current: TokenData, context?: TokenRequestContext): Promise<TokenData> {
    return this.#client.refresh(current, context)
  }
}
