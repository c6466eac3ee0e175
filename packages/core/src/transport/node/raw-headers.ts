import type { AnswerHeaders } from '../transport.ts'

/** Response headers as they came off the wire, decoded only where somebody asks. */
export class RawHeaders implements AnswerHeaders {
  readonly #pairs: readonly Buffer[]

  constructor(pairs: readonly Buffer[]) {
    this.#pairs = pairs
  }

  get(name: string): string | null {
    let found: string | null = null
    for (let index = 0; index + 1 < this.#pairs.length; index += 2) {
      const key = this.#pairs[index]
      // Lengths differ for nearly all of them.
      if (key === undefined || key.length !== name.length || !isSame(key, name)) continue
      const value = this.#pairs[index + 1]?.toString('latin1') ?? ''
      found = found === null ? value : `${found}, ${value}`
    }
    return found
  }

  toHeaders(): Headers {
    const headers = new Headers()
    for (let index = 0; index + 1 < this.#pairs.length; index += 2) {
      headers.append(this.#pairs[index]?.toString('latin1') ?? '', this.#pairs[index + 1]?.toString('latin1') ?? '')
    }
    return headers
  }
}

/** Compares without making a string: this is asked for each header of each answer. */
function isSame(key: Buffer, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const byte = key[index] ?? 0
    const lower = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
    if (lower !== name.charCodeAt(index)) return false
  }
  return true
}
