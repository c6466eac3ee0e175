import { ReauthenticationRequiredError } from '@requestforge/core/errors'
import { OAuthClient } from './oauth-client.ts'
import { type ClientCredentialsOptions, checkProviderOptions, checkText } from './provider-options.ts'
import { showOnly } from './redacted.ts'
import { redeem } from './redeem.ts'
import type { TokenData } from './token-data.ts'
import type { TokenProvider, TokenRequestContext } from './token-provider.ts'

/** Options of `RefreshTokenProvider`. */
export type RefreshTokenOptions = ClientCredentialsOptions & {
  /** The refresh token that a login gave; redeemed once, unless the storage has a later one. */
  readonly refreshToken: string
  /** Whose session it is: part of the storage key. */
  readonly subject: string
}

/**
 * Tokens for a session that somebody else began: a web login, a device. There is no way to a new session from here: when the refresh
 * token has ended, that is a `ReauthenticationRequiredError`.
 *
 * @see RFC 6749 section 6
 */
export class RefreshTokenProvider implements TokenProvider {
  readonly serviceName: string
  readonly identity: readonly string[]
  /** Present if there is a `revocationUrl`. */
  readonly revokeToken?: (current: TokenData, context?: TokenRequestContext) => Promise<void>
  readonly #client: OAuthClient
  #initial: string | undefined

  /** @throws ConfigurationError that names the option and says what it wants */
  constructor(options: RefreshTokenOptions) {
    checkProviderOptions('RefreshTokenProvider', options, ['refreshToken', 'subject'])
    const { refreshToken, subject, ...clientOptions } = options
    checkText('refreshToken', refreshToken)
    checkText('subject', subject)
    const client = new OAuthClient(clientOptions, 'refresh_token', { subject })
    this.serviceName = options.serviceName
    this.identity = client.identity
    this.#client = client
    this.#initial = refreshToken
    if (options.revocationUrl !== undefined) this.revokeToken = (current, context) => client.revoke(current, context)
    showOnly(this, { serviceName: this.serviceName, clientId: options.clientId })
  }

  /** Redeems the first refresh token, once. @throws ReauthenticationRequiredError afterwards */
  async fetchToken(context?: TokenRequestContext): Promise<TokenData> {
    const initial = this.#initial
    const { serviceName } = this
    if (initial === undefined) {
      throw new ReauthenticationRequiredError(`the session at ${serviceName} is over: somebody has to log in`, {
        serviceName,
        reason: 'no_grant',
        requestSent: false,
      })
    }
    this.#initial = undefined
    try {
      const token = await this.#client.refresh(initial, context)
      return token.refreshToken === undefined ? { ...token, refreshToken: initial } : token
    } catch (error) {
      // Surely not sent, so surely not spent.
      if (error instanceof Error && 'requestSent' in error && error.requestSent === false) this.#initial = initial
      throw error
    }
  }

  /** @throws AuthenticationError */
  refreshToken(current: TokenData, context?: TokenRequestContext): Promise<TokenData> {
    return redeem(this.#client, this.serviceName, current, context)
  }
}
