import { type OAuthAnswer, oauthError } from './oauth-answer.ts'
import type { OAuthServerClient } from './oauth-server-options.ts'

/** How a client said who it is; with `none` it named itself without a secret. */
export type ClientAuthMethod = 'header' | 'body' | 'none'

/** What a request says about its client. */
export interface ClientCredentials {
  readonly clientId: string | undefined
  readonly authMethod: ClientAuthMethod
  /** Secrets that the request may mean: in HTTP Basic as written, and decoded. */
  readonly secrets: readonly string[]
  readonly isDoubled: boolean
}

/** Reads who the client says it is. @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
export function readCredentials(authorization: string | undefined, params: Readonly<Record<string, string>>): ClientCredentials {
  const secret = params['client_secret']
  const encoded = /^basic +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) {
    const secrets = secret === undefined ? [] : [secret]
    return { clientId: params['client_id'], authMethod: secret === undefined ? 'none' : 'body', secrets, isDoubled: false }
  }
  const [id = '', ...rest] = decodeBase64(encoded).split(':')
  const basicSecret = rest.join(':')
  return {
    clientId: decodeFormValue(id),
    authMethod: 'header',
    secrets: [decodeFormValue(basicSecret), basicSecret],
    isDoubled: secret !== undefined,
  }
}

/** What is wrong with the credentials, if anything is. Without a list of clients every client is known, by whatever secret. */
export function refuseClient(
  { clientId, authMethod, secrets, isDoubled }: ClientCredentials,
  clients: readonly OAuthServerClient[] | undefined,
): OAuthAnswer | undefined {
  if (isDoubled) return oauthError('invalid_request', 'the client authenticates twice: in the header and in the body')
  if (clientId === undefined || clientId === '') return invalidClient('no client is named', authMethod)
  if (clients === undefined) return undefined
  const client = clients.find((known) => known.clientId === clientId)
  if (client === undefined) return invalidClient('the client is not known', authMethod)
  if (client.clientSecret === undefined && authMethod === 'none') return undefined
  const isRight = client.clientSecret !== undefined && secrets.includes(client.clientSecret)
  return isRight ? undefined : invalidClient('the client secret is wrong or missing', authMethod)
}

function invalidClient(description: string, authMethod: ClientAuthMethod): OAuthAnswer {
  const answer = oauthError('invalid_client', description, 401)
  return authMethod === 'header' ? { ...answer, headers: { 'www-authenticate': 'Basic realm="token endpoint"' } } : answer
}

function decodeBase64(encoded: string): string {
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0))
    return new TextDecoder().decode(bytes)
  } catch {
    // What is no Base64 names no client, and is answered so.
    return ''
  }
}

function decodeFormValue(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    // A client that does not encode may have a bare % in its secret.
    return value
  }
}
