import { ConfigurationError } from '@requestforge/core/errors'

/** Keys for tokens at rest. */
export interface TokenEncryption {
  /** Key ids to AES-256 keys: 32 bytes each, in base64. Old ones stay as long as there are values that they encrypted. */
  readonly keys: Readonly<Record<string, string>>
  /** The id of the key that new values are encrypted with. */
  readonly current: string
}

/** A value that cannot be decrypted; its message says why, and nothing of the value. */
class UndecryptableError extends Error {
  override readonly name: string = 'UndecryptableError'
}

const option = 'encryption'
const keyBytes = 32
const ivBytes = 12
/** Shorter than any key, so that a key in the place of an id is refused without being shown. */
const idPattern = /^[\w-]{1,32}$/

/** AES-256-GCM, bound to the Redis key and the key id: a value that was moved or relabelled does not decrypt. */
export class ValueCipher {
  readonly #keys: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
  readonly #current: string
  readonly #imported = new Map<string, Promise<CryptoKey>>()

  /** @throws ConfigurationError that names the key's id, never the key */
  constructor({ keys, current, ...rest }: TokenEncryption) {
    const [unknown] = Object.keys(rest)
    if (unknown !== undefined)
      throw new ConfigurationError(`encryption has no member \`${unknown}\`: it is { keys, current }`, { option })
    if (typeof keys !== 'object' || keys === null)
      throw new ConfigurationError('encryption.keys must be an object of ids and keys', { option })
    this.#keys = new Map(Object.entries(keys).map(([id, key]) => [checkId(id), readKey(id, key)]))
    if (!this.#keys.has(current))
      throw new ConfigurationError('encryption.current must be the id of one of encryption.keys', { option })
    this.#current = current
  }

  async encrypt(text: string, redisKey: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(ivBytes))
    const key = await this.#key(this.#current)
    const sealed = await crypto.subtle.encrypt(algorithm(iv, this.#current, redisKey), key, new TextEncoder().encode(text))
    const bytes = new Uint8Array(ivBytes + sealed.byteLength)
    bytes.set(iv)
    bytes.set(new Uint8Array(sealed), ivBytes)
    return `${this.#current}.${toBase64(bytes)}`
  }

  /** @throws UndecryptableError if the key is not there, or the value was not encrypted with it for this Redis key */
  async decrypt(value: string, redisKey: string): Promise<string> {
    const dot = value.indexOf('.')
    const id = value.slice(0, dot)
    if (!this.#keys.has(id)) throw new UndecryptableError('it is encrypted with a key that is not there')
    try {
      const bytes = fromBase64(value.slice(dot + 1))
      const [iv, sealed] = [bytes.slice(0, ivBytes), bytes.slice(ivBytes)]
      const opened = await crypto.subtle.decrypt(algorithm(iv, id, redisKey), await this.#key(id), sealed)
      return new TextDecoder().decode(opened)
    } catch {
      // What WebCrypto or base64 say of it helps nobody.
      throw new UndecryptableError('it does not decrypt: it was changed, cut off, or encrypted for another place')
    }
  }

  #key(id: string): Promise<CryptoKey> {
    const known = this.#imported.get(id)
    if (known !== undefined) return known
    const bytes = this.#keys.get(id) ?? new Uint8Array()
    const imported = crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
    this.#imported.set(id, imported)
    return imported
  }
}

function algorithm(iv: Uint8Array<ArrayBuffer>, id: string, redisKey: string): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(`${id}\n${redisKey}`) }
}

function checkId(id: string): string {
  if (idPattern.test(id)) return id
  throw new ConfigurationError('the ids of encryption.keys must be 1 to 32 letters, digits, "_" or "-"', { option })
}

function readKey(id: string, key: unknown): Uint8Array<ArrayBuffer> {
  const isBase64 = typeof key === 'string' && /^[A-Za-z0-9+/_-]{43}=?$/.test(key)
  const bytes = isBase64 ? fromBase64(key) : undefined
  if (bytes?.length === keyBytes) return bytes
  throw new ConfigurationError(`encryption.keys.${id} must be ${keyBytes} bytes in base64`, { option })
}

function toBase64(bytes: Uint8Array): string {
  const sliceBytes = 8_192 // as many arguments as a call takes anywhere
  let binary = ''
  for (let start = 0; start < bytes.length; start += sliceBytes)
    binary += String.fromCharCode(...bytes.subarray(start, start + sliceBytes))
  return btoa(binary)
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
}
