/**
 * SHA-256 of a text's UTF-8 bytes, in hex.
 *
 * Synchronous and without a platform's help: WebCrypto only answers later, and a key that is not there yet would make every first call wait.
 *
 * @see FIPS 180-4 section 6.2
 */
export function sha256Hex(text: string): string {
  const state = firstFractions(8, 1 / 2)
  const constants = firstFractions(64, 1 / 3)
  const message = padded(new TextEncoder().encode(text))
  for (let offset = 0; offset < message.byteLength; offset += 64) compress(state, constants, message, offset)
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
}

/** Appends the bit 1, zeros and the length in bits, to whole blocks of 64 bytes. */
function padded(bytes: Uint8Array): DataView {
  const blocks = Math.ceil((bytes.length + 9) / 64)
  const message = new Uint8Array(blocks * 64)
  message.set(bytes)
  message[bytes.length] = 0x80
  const view = new DataView(message.buffer)
  view.setBigUint64(message.length - 8, BigInt(bytes.length) * 8n)
  return view
}

function compress(state: Uint32Array, constants: Uint32Array, message: DataView, offset: number): void {
  const schedule = expand(message, offset)
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let round = 0; round < 64; round += 1) {
    const choice = (e & f) ^ (~e & g)
    const first =
      (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + word(constants, round) + word(schedule, round)) | 0
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const second = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = word(state, index) + value
}

/** The 16 words of a block, expanded to 64. */
function expand(message: DataView, offset: number): Uint32Array {
  const schedule = new Uint32Array(64)
  for (let index = 0; index < 16; index += 1) schedule[index] = message.getUint32(offset + index * 4)
  for (let index = 16; index < 64; index += 1) {
    const early = word(schedule, index - 15)
    const late = word(schedule, index - 2)
    const mixed = (rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)) + (rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10))
    schedule[index] = word(schedule, index - 16) + word(schedule, index - 7) + mixed
  }
  return schedule
}

/** The first 32 bits of the fractional parts of the first primes' roots: where the algorithm's constants come from. */
function firstFractions(count: number, exponent: number): Uint32Array {
  const fractions = new Uint32Array(count)
  let found = 0
  for (let candidate = 2; found < count; candidate += 1) {
    if (!isPrime(candidate)) continue
    const root = candidate ** exponent
    fractions[found] = (root - Math.floor(root)) * 2 ** 32
    found += 1
  }
  return fractions
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) if (candidate % divisor === 0) return false
  return true
}

function rotate(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits))
}

function word(words: Uint32Array, index: number): number {
  return words[index] ?? 0
}
