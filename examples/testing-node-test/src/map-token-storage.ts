import type { TokenData, TokenStorage } from 'requestforge'

/** A storage of your own: three methods are enough. */
export class MapTokenStorage implements TokenStorage {
  readonly #entries = new Map<string, { readonly token: TokenData; readonly keptUntil: number }>()

  async get(key: string): Promise<TokenData | undefined> {
    const entry = this.#entries.get(key)
    return entry !== undefined && Date.now() < entry.keptUntil ? structuredClone(entry.token) : undefined
  }

  async set(key: string, token: TokenData, options: { readonly keepForMs?: number | undefined } = {}): Promise<void> {
    this.#entries.set(key, {
      token: structuredClone(token),
      keptUntil: Date.now() + (options.keepForMs ?? Number.POSITIVE_INFINITY),
    })
  }

  async delete(key: string): Promise<void> {
    this.#entries.delete(key)
  }
}
