import { ReauthenticationRequiredError } from '@requestforge/core/errors'
import { endpointUrl } from './endpoint-url.ts'
import { extraParameters } from './extra-parameters.ts'
import type { UncheckedProviderOptions } from './provider-options.ts'
import { scopeText } from './scope-text.ts'
import type { TokenData } from './token-data.ts'
import { type GrantParameters, TokenEndpoint } from './token-endpoint.ts'
import { isAccessPartDropped } from './token-parts.ts'
import type { TokenRequestContext } from './token-provider.ts'

/** What the providers of this package have in common: a client at a token endpoint, with its scope and its extra parameters. */
export class OAuthClient {
  /** What makes its tokens different from others of the same service; no secret among it. */
  readonly identity: readonly string[]
  readonly #serviceName: string
  readonly #endpoint: TokenEndpoint
  readonly #grantType: string
  readonly #scope: string | undefined
  readonly #extra: readonly (readonly [string, string])[]

  /** @param sent what the grant sends besides, where it is known: extra parameters may repeat it */
  constructor(options: UncheckedProviderOptions, grantType: string, sent: Readonly<Record<string, string | undefined>> = {}) {
    const { clientId, clientSecret, extraParams, tokenUrl, allowInsecureRequests = false } = options
    this.#serviceName = options.serviceName
    this.#grantType = grantType
    this.#scope = scopeText(options.scope)
    const secret = typeof clientSecret === 'string' ? clientSecret : undefined
    const reserved = { ...sent, grant_type: grantType, client_id: clientId, client_secret: secret, scope: this.#scope }
    this.#extra = extraParameters(extraParams, reserved)
    this.#endpoint = new TokenEndpoint(options)
    const subject = sent['username'] === undefined ? [] : [sent['username']]
    const extra = this.#extra.map((pair) => JSON.stringify(pair)).sort()
    const scopes = [...new Set(this.#scope?.split(' '))].sort()
    const parts = [endpointUrl('tokenUrl', tokenUrl, allowInsecureRequests).href, grantType, clientId, ...subject]
    // Each part is JSON, so no value can pass for a boundary between two.
    this.identity = [...parts, scopes, extra].map((part) => JSON.stringify(part))
  }

  /** Asks for a token by the client's grant. An omitted scope in the answer is the requested one (RFC 6749 section 5.1). */
  async fetch(grant: () => Promise<GrantParameters>, context: TokenRequestContext = {}): Promise<TokenData> {
    const scope: GrantParameters['pairs'] = this.#scope === undefined ? [] : [['scope', this.#scope]]
    const parameters = async (): Promise<GrantParameters> => {
      const { pairs, secrets } = await grant()
      return { pairs: [...pairs, ...scope, ...this.#extra], secrets }
    }
    const token = await this.#endpoint.requestToken({ grantType: this.#grantType, parameters, context })
    return token.scope === undefined && this.#scope !== undefined ? { ...token, scope: this.#scope } : token
  }

  /**
   * Redeems the refresh token of `current`. No scope is named: that is the granted one, and never more (RFC 6749 section 6).
   *
   * @throws ReauthenticationRequiredError if it has none
   */
  async refresh({ refreshToken }: TokenData, context: TokenRequestContext = {}): Promise<TokenData> {
    if (refreshToken === undefined) {
      const serviceName = this.#serviceName
      const details = { serviceName, reason: 'no_grant', requestSent: false } as const
      throw new ReauthenticationRequiredError(`there is no refresh token for ${serviceName}`, details)
    }
    const parameters = async (): Promise<GrantParameters> => ({
      pairs: [['refresh_token', refreshToken], ...this.#extra],
      secrets: [refreshToken],
    })
    return this.#endpoint.requestToken({ grantType: 'refresh_token', parameters, context })
  }

  /** Revokes both, the refresh token first: with it goes the right to new ones (RFC 7009 section 2.1). */
  async revoke(current: TokenData, context: TokenRequestContext = {}): Promise<void> {
    const { accessToken, refreshToken } = current
    const revocations: (() => Promise<void>)[] = []
    if (refreshToken !== undefined) revocations.push(() => this.#endpoint.revoke(refreshToken, 'refresh_token', context))
    // After an invalidation only a placeholder stands there, which is nobody's token.
    if (!isAccessPartDropped(current)) revocations.push(() => this.#endpoint.revoke(accessToken, 'access_token', context))
    const problems: unknown[] = []
    // A server that cannot revoke the one may well revoke the other.
    for (const revoke of revocations) await revoke().catch((error: unknown) => problems.push(error))
    if (problems.length > 0) throw problems[0]
  }
}
