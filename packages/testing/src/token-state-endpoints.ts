import { type OAuthAnswer, oauthError } from './oauth-answer.ts'
import type { TokenEndpoint } from './token-endpoint.ts'

/** Revokes a token; one that is not known is as good as revoked. @see https://www.rfc-editor.org/rfc/rfc7009#section-2 */
export function revokeToken({ ledger }: TokenEndpoint, clientId: string, params: Readonly<Record<string, string>>): OAuthAnswer {
  const { token } = params
  if (token === undefined) return oauthError('invalid_request', 'token is missing')
  if (ledger.ownerOf(token) === clientId) ledger.revoke(token)
  return { status: 200, body: '' }
}

/** Says whether a token is good. @see https://www.rfc-editor.org/rfc/rfc7662#section-2 */
export function introspectToken({ ledger, now }: TokenEndpoint, params: Readonly<Record<string, string>>): OAuthAnswer {
  const { token } = params
  if (token === undefined) return oauthError('invalid_request', 'token is missing')
  const issued = ledger.find(token, now())
  if (issued === undefined) return { status: 200, body: { active: ledger.isRedeemable(token) } }
  const { clientId, username, scope, expiresAt } = issued
  const body = { active: true, client_id: clientId, username, scope, token_type: 'Bearer', exp: Math.floor(expiresAt / 1_000) }
  return { status: 200, body }
}
