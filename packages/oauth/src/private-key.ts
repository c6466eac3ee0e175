import { ConfigurationError } from '@requestforge/core/errors'

/** What the platform's `CryptoKey` is. Named here, because not every project's TypeScript settings know that name. */
export interface ImportedCryptoKey {
  readonly type: string
  readonly extractable: boolean
  readonly algorithm: { readonly name: string }
  readonly usages: readonly string[]
}

/** A private key as JSON (RFC 7517); the platform's `JsonWebKey` fits. */
export interface PrivateJwk {
  readonly kty?: string | undefined
  readonly alg?: string | undefined
  readonly kid?: string | undefined
  readonly use?: string | undefined
  readonly key_ops?: readonly string[] | undefined
  readonly ext?: boolean | undefined
  readonly crv?: string | undefined
  readonly x?: string | undefined
  readonly y?: string | undefined
  readonly d?: string | undefined
  readonly n?: string | undefined
  readonly e?: string | undefined
  readonly p?: string | undefined
  readonly q?: string | undefined
  readonly dp?: string | undefined
  readonly dq?: string | undefined
  readonly qi?: string | undefined
}

/** A private key in one of the forms in which keys are kept. */
export type PrivateKeyInput = ImportedCryptoKey | PrivateJwk | string

/** A key ready to sign. */
export interface ImportedKey {
  readonly key: CryptoKey
  readonly kid: string | undefined
  /** As a JWK names its algorithm: Ed25519 has two names, and servers may know but one. */
  readonly alg?: string | undefined
}

type KeyAlgorithm = Algorithm & { readonly hash?: string; readonly namedCurve?: string }

const rsa: KeyAlgorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const byJwa: Readonly<Record<string, KeyAlgorithm>> = {
  RS256: rsa,
  RS384: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' },
  RS512: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  PS384: { name: 'RSA-PSS', hash: 'SHA-384' },
  PS512: { name: 'RSA-PSS', hash: 'SHA-512' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  ES384: { name: 'ECDSA', namedCurve: 'P-384' },
  ES512: { name: 'ECDSA', namedCurve: 'P-521' },
  EdDSA: { name: 'Ed25519' },
  Ed25519: { name: 'Ed25519' },
}
const byCurve: Readonly<Record<string, string>> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'Ed25519' }

const pkcs8 = /-----BEGIN PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END PRIVATE KEY-----/

/** @throws ConfigurationError unless `input` looks like a private key in one of the forms, and one that can sign */
export function checkPrivateKey(input: unknown): void {
  const members: Unchecked = typeof input === 'object' && input !== null ? (input as Unchecked) : {} // each is checked below
  if (typeof input === 'string' && pkcs8.test(input)) derOf(input)
  else if (members.type === 'private') checkCryptoKey(members)
  else if (members.kty === undefined || members.d === undefined)
    throw badKey('must be a private key: a PKCS #8 PEM ("-----BEGIN PRIVATE KEY-----"), a JWK or a CryptoKey')
  else if (algorithmOf(members) === undefined) throw badKey('is a JWK of a kind that cannot sign assertions')
}

type Unchecked = { readonly [Name in keyof ImportedCryptoKey | keyof PrivateJwk]?: unknown }

/** Keys to encrypt with look the same, and would fail at each request as if the server were away. */
function checkCryptoKey({ usages, algorithm }: Unchecked): void {
  const { name } = typeof algorithm === 'object' && algorithm !== null && 'name' in algorithm ? algorithm : { name: undefined }
  if (!Object.values(byJwa).some((known) => known.name === name))
    throw badKey(`is a CryptoKey of a kind that cannot sign assertions (${String(name)})`)
  if (!Array.isArray(usages) || !usages.includes('sign')) throw badKey("is a CryptoKey without the usage 'sign'")
}

/** @throws ConfigurationError without a word of the key */
export async function importPrivateKey(input: PrivateKeyInput, keyId: string | undefined): Promise<ImportedKey> {
  if (typeof input === 'string') return { key: await importPem(input), kid: keyId }
  if (isCryptoKey(input)) return { key: input as CryptoKey, kid: keyId } // the platform's own: nothing else has its members
  return { key: await importJwk(input), kid: keyId ?? (typeof input.kid === 'string' ? input.kid : undefined), alg: input.alg }
}

function isCryptoKey(input: ImportedCryptoKey | PrivateJwk): input is ImportedCryptoKey {
  return 'algorithm' in input && 'usages' in input
}

async function importJwk(jwk: PrivateJwk): Promise<CryptoKey> {
  const algorithm = algorithmOf(jwk)
  if (algorithm === undefined) throw badKey('is a JWK of a kind that cannot sign assertions')
  try {
    return await crypto.subtle.importKey('jwk', jwk as JsonWebKey, algorithm, false, ['sign'])
  } catch (cause) {
    throw badKey('is a JWK that cannot be imported', cause)
  }
}

function algorithmOf({ alg, kty, crv }: Unchecked): KeyAlgorithm | undefined {
  return byJwa[String(alg ?? (kty === 'RSA' ? 'RS256' : byCurve[String(crv)]))]
}

/** @throws ConfigurationError for what is no base64 */
function derOf(pem: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob((pkcs8.exec(pem)?.[1] ?? '').replace(/\s/g, '')), (character) => character.charCodeAt(0))
  } catch {
    // The platform's message may show the key.
    throw badKey('is a PEM whose base64 is broken')
  }
}

/** A PEM does not say what it is for: the kinds are tried in turn. */
async function importPem(pem: string): Promise<CryptoKey> {
  const der = derOf(pem)
  let cause: unknown
  for (const name of ['RS256', 'ES256', 'ES384', 'ES512', 'Ed25519']) {
    try {
      return await crypto.subtle.importKey('pkcs8', der, byJwa[name] ?? rsa, false, ['sign'])
    } catch (error) {
      cause = error // of another kind; the last failure is told if none fits
    }
  }
  throw badKey('is a PEM that cannot be imported', cause)
}

function badKey(problem: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`privateKey ${problem}`, { option: 'privateKey', cause })
}
