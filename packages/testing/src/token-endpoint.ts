import { type OAuthAnswer, oauthError } from './oauth-answer.ts'
import type { OAuthServerOptions } from './oauth-server-options.ts'
import type { Grantee, IssuedToken, TokenFamily, TokenLedger } from './token-ledger.ts'

/** What the token endpoint works with. */
export interface TokenEndpoint {
  readonly options: OAuthServerOptions
  readonly ledger: TokenLedger
  readonly now: () => number
}

type Params = Readonly<Record<string, string>>

/** Carries out a grant for a client that was authenticated. @see https://www.rfc-editor.org/rfc/rfc6749#section-4 */
export function grantToken(endpoint: TokenEndpoint, clientId: string, params: Params): OAuthAnswer {
  switch (params['grant_type']) {
    case 'client_credentials':
      return logIn(endpoint, { clientId, username: undefined, scope: params['scope'] })
    case 'password':
      return logInUser(endpoint, clientId, params)
    case 'refresh_token':
      return refresh(endpoint, clientId, params)
    case undefined:
      return oauthError('invalid_request', 'grant_type is missing')
    default:
      return oauthError('unsupported_grant_type', 'this server knows client_credentials, password and refresh_token')
  }
}

function logInUser(endpoint: TokenEndpoint, clientId: string, params: Params): OAuthAnswer {
  const { users } = endpoint.options
  const { username, password, scope } = params
  if (username === undefined || password === undefined) return oauthError('invalid_request', 'username or password is missing')
  const isKnown = users === undefined || users.some((user) => user.username === username && user.password === password)
  if (!isKnown) return oauthError('invalid_grant', 'the user is not known, or the password is wrong')
  return logIn(endpoint, { clientId, username, scope })
}

function logIn(endpoint: TokenEndpoint, grantee: Grantee): OAuthAnswer {
  const withRefreshToken = grantee.username !== undefined || endpoint.options.refreshTokenForClientCredentials === true
  return issue(endpoint, endpoint.ledger.begin(grantee), grantee.scope, withRefreshToken)
}

function refresh(endpoint: TokenEndpoint, clientId: string, params: Params): OAuthAnswer {
  const { ledger, options } = endpoint
  const { refresh_token: refreshToken, scope: asked } = params
  if (refreshToken === undefined) return oauthError('invalid_request', 'refresh_token is missing')
  const family = ledger.redeem(refreshToken, clientId)
  if (family === undefined) return oauthError('invalid_grant', 'the refresh token is not known, used or revoked')
  if (!isWithin(asked, family.scope)) return oauthError('invalid_scope', 'more than was granted')
  const rotates = options.rotateRefreshTokens ?? true
  if (rotates) ledger.spend(refreshToken)
  return issue(endpoint, family, asked ?? family.scope, rotates)
}

function isWithin(asked: string | undefined, granted: string | undefined): boolean {
  const names = new Set(granted?.split(' '))
  return asked === undefined || asked.split(' ').every((name) => names.has(name))
}

function issue(endpoint: TokenEndpoint, family: TokenFamily, scope: string | undefined, withRefreshToken: boolean): OAuthAnswer {
  const { tokenLifetimeS = 3_600 } = endpoint.options
  const expiresAt = endpoint.now() + tokenLifetimeS * 1_000
  const token = endpoint.ledger.issue(family, scope, expiresAt, withRefreshToken)
  return { status: 200, body: tokenResponse(token, tokenLifetimeS) }
}

function tokenResponse({ accessToken, refreshToken, scope }: IssuedToken, lifetimeS: number): Readonly<Record<string, unknown>> {
  return { access_token: accessToken, token_type: 'Bearer', expires_in: lifetimeS, refresh_token: refreshToken, scope }
}
