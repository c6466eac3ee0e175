import { ConfigurationError } from '@requestforge/core/errors'
import {
  type ClientAuth,
  ClientSecretJwt,
  ClientSecretPost,
  modifyAssertion,
  None,
  PrivateKeyJwt,
  TlsClientAuth,
} from 'oauth4webapi'
import { kindAlone } from './option-values.ts'
import { checkPrivateKey, importPrivateKey, type PrivateKeyInput } from './private-key.ts'

/** A secret, or a function that is asked for it at each token request: so it can be rotated while the program runs. */
export type Secret = string | (() => string | Promise<string>)

/** How the client proves to the token endpoint who it is (RFC 6749 section 2.3, RFC 7523, RFC 8705). */
export type ClientAuthentication =
  | {
      /** `body`: in the form; `header`: HTTP Basic; `client_secret_jwt`: signed with the secret. @default 'body' */
      readonly authMethod?: 'body' | 'header' | 'client_secret_jwt' | undefined
      readonly clientSecret: Secret
      readonly privateKey?: undefined
      /** The audience of a signed assertion. @default the token URL */
      readonly audience?: string | undefined
    }
  | {
      /** Signed with a private key (RFC 7523). */
      readonly authMethod: 'private_key_jwt'
      /** A JWK, a PEM (PKCS #8) or a CryptoKey. The `alg` of a JWK is that of the assertion. */
      readonly privateKey: PrivateKeyInput
      /** The `kid` of the assertion. @default the JWK's own */
      readonly keyId?: string | undefined
      /** The audience of the assertion. @default the token URL */
      readonly audience?: string | undefined
      readonly clientSecret?: undefined
    }
  | {
      /** `tls`: by the client's certificate, which the given `fetch` presents; `none`: a public client. */
      readonly authMethod: 'tls' | 'none'
      readonly clientSecret?: undefined
      readonly privateKey?: undefined
    }

const methods = ['body', 'header', 'client_secret_jwt', 'private_key_jwt', 'tls', 'none'] as const

/** What the metadata of servers call them (RFC 8414, RFC 8705), and people for short. */
const otherNames: ReadonlyMap<unknown, string> = new Map([
  ['client_secret_post', 'body'],
  ['post', 'body'],
  ['client_secret_basic', 'header'],
  ['basic', 'header'],
  ['tls_client_auth', 'tls'],
  ['self_signed_tls_client_auth', 'tls'],
])

/** Any of them, before they are checked. */
export interface UncheckedAuthentication {
  readonly authMethod?: string | undefined
  readonly clientSecret?: Secret | undefined
  readonly privateKey?: PrivateKeyInput | undefined
  readonly keyId?: string | undefined
  readonly audience?: string | undefined
}

/** @throws ConfigurationError if what the method needs is missing, or something else is there */
export function checkAuthentication(options: UncheckedAuthentication): void {
  const { authMethod = 'body', clientSecret, privateKey, keyId, audience } = options
  if (!methods.some((method) => method === authMethod)) {
    const given = typeof authMethod === 'string' ? JSON.stringify(authMethod) : kindAlone(authMethod)
    const meant = otherNames.get(authMethod)
    const hint = meant === undefined ? '' : `; did you mean \`${meant}\`?`
    throw new ConfigurationError(`authMethod must be one of ${methods.join(', ')} (got ${given})${hint}`, {
      option: 'authMethod',
    })
  }
  const wantsSecret = authMethod === 'body' || authMethod === 'header' || authMethod === 'client_secret_jwt'
  if (wantsSecret && typeof clientSecret !== 'function' && (typeof clientSecret !== 'string' || clientSecret === '')) {
    const message = `clientSecret must be a non-empty string or a function for authMethod "${authMethod}"`
    throw new ConfigurationError(`${message}, or authMethod: 'none' for a public client`, { option: 'clientSecret' })
  }
  if (!wantsSecret && clientSecret !== undefined) {
    throw new ConfigurationError(`clientSecret is not used with authMethod "${authMethod}": leave it out`, {
      option: 'clientSecret',
    })
  }
  if (authMethod === 'private_key_jwt') checkPrivateKey(privateKey)
  else if (privateKey !== undefined) {
    throw new ConfigurationError('privateKey is used with authMethod "private_key_jwt" alone', { option: 'privateKey' })
  }
  if (keyId !== undefined && authMethod !== 'private_key_jwt') {
    throw new ConfigurationError('keyId is used with authMethod "private_key_jwt" alone', { option: 'keyId' })
  }
  if (audience !== undefined && !isSigned(options)) {
    const message = 'audience is that of a signed assertion; for the audience of the token use extraParams: { audience }'
    throw new ConfigurationError(message, { option: 'audience' })
  }
}

/** True where a signed assertion proves the client (RFC 7523). */
export function isSigned({ authMethod }: UncheckedAuthentication): boolean {
  return authMethod === 'private_key_jwt' || authMethod === 'client_secret_jwt'
}

/** The value of a secret, now. @throws ConfigurationError if the function gives none */
export async function secretValue(option: string, secret: Secret): Promise<string> {
  const value: unknown = typeof secret === 'function' ? await secret() : secret
  if (typeof value === 'string' && value !== '') return value
  throw new ConfigurationError(`${option} must give a non-empty string`, { option })
}

/** What proves the client's identity in one token request, and the secret that must not be shown. */
export interface AuthenticationProof {
  readonly proof: ClientAuth
  readonly secrets: readonly string[]
}

/** Makes the proof anew for each request: a signed assertion is used once. */
export async function proveClient(options: UncheckedAuthentication, tokenUrl: string): Promise<AuthenticationProof> {
  const { authMethod = 'body', clientSecret, privateKey, keyId, audience = tokenUrl } = options
  if (authMethod === 'none') return { proof: None(), secrets: [] }
  if (authMethod === 'tls') return { proof: TlsClientAuth(), secrets: [] }
  if (privateKey !== undefined) {
    const { key, kid, alg } = await importPrivateKey(privateKey, keyId)
    const assertion = { [modifyAssertion]: addressTo(audience, alg) }
    return { proof: PrivateKeyJwt(kid === undefined ? key : { key, kid }, assertion), secrets: [] }
  }
  const secret = await secretValue('clientSecret', clientSecret ?? '')
  if (authMethod === 'client_secret_jwt')
    return { proof: ClientSecretJwt(secret, { [modifyAssertion]: addressTo(audience) }), secrets: [secret] }
  return { proof: authMethod === 'header' ? basic(secret) : ClientSecretPost(secret), secrets: [secret] }
}

/** Servers whose clocks are behind refuse what is not valid yet, so no `nbf` is claimed. */
function addressTo(
  audience: string,
  alg?: string | undefined,
): (header: Record<string, unknown>, payload: Record<string, unknown>) => void {
  return (header, payload) => {
    if (alg !== undefined) header['alg'] = alg
    payload['aud'] = audience
    delete payload['nbf']
  }
}

/**
 * HTTP Basic. Ordinary ids and secrets go as they are, because many servers do not decode; all else is form-encoded, because those that
 * do would misread it.
 *
 * @see RFC 6749 section 2.3.1
 */
function basic(secret: string): ClientAuth {
  return (_server, client, _body, headers) => {
    headers.set('authorization', `Basic ${btoa(`${formEncoded(client.client_id)}:${formEncoded(secret)}`)}`)
  }
}

function formEncoded(text: string): string {
  const escapeCharacter = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, escapeCharacter)
    .replaceAll('%20', '+')
}
