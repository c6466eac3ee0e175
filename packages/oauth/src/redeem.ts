import { ReauthenticationRequiredError } from '@requestforge/core/errors'
import type { OAuthClient } from './oauth-client.ts'
import type { TokenData } from './token-data.ts'
import type { TokenRequestContext } from './token-provider.ts'

/** Redeems the refresh token of `current`. @throws ReauthenticationRequiredError if it has none */
export async function redeem(
  client: OAuthClient,
  serviceName: string,
  current: TokenData,
  context?: TokenRequestContext,
): Promise<TokenData> {
  if (current.refreshToken === undefined) {
    throw new ReauthenticationRequiredError(`there is no refresh token for ${serviceName}`, {
      serviceName,
      reason: 'no_grant',
      requestSent: false,
    })
  }
  return client.refresh(current.refreshToken, context)
}
