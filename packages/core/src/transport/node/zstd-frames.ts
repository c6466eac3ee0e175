import { Duplex } from 'node:stream'
import zlib from 'node:zlib'
import { oversizedBody } from '../connection-failure.ts'

type Bytes = Uint8Array<ArrayBuffer>

/**
 * Decodes frame after frame: Node's own decoder ends with the first, as if there were no other.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3
 */
export function zstdFrames(): Duplex {
  return Duplex.from(decodedFrames)
}

/** All frames of a whole body. @throws an error typed like zlib's, if they are more than `maxBytes` */
export async function decodeZstd(bytes: Uint8Array, maxBytes: number): Promise<Bytes> {
  const chunks: Buffer<ArrayBuffer>[] = []
  let byteCount = 0
  for await (const chunk of zstdFrames().end(bytes) as AsyncIterable<Buffer<ArrayBuffer>>) {
    byteCount += chunk.length
    if (byteCount > maxBytes) throw oversizedBody(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function* decodedFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = source[Symbol.asyncIterator]()
  const first = await chunks.next()
  let left: Uint8Array | undefined = first.done === true ? undefined : first.value
  while (left !== undefined) {
    const frame = new Frame(left, chunks)
    yield* frame.decoded
    left = await frame.left
  }
}

/** One frame: its decoder, which takes chunk after chunk, and what of the last one is not its own. */
class Frame {
  readonly decoded = zlib.createZstdDecompress()
  /** What came after its end. It never rejects: whatever fails, fails for whoever reads. */
  readonly left: Promise<Uint8Array | undefined>
  readonly #chunks: AsyncIterator<Uint8Array>
  #wake = (): void => undefined

  constructor(first: Uint8Array, chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks
    for (const event of ['end', 'close']) this.decoded.once(event, () => this.#wake())
    this.left = this.#feed(first).catch((error: Error) => {
      this.decoded.destroy(error)
      return undefined
    })
  }

  async #feed(first: Uint8Array): Promise<Uint8Array | undefined> {
    let givenCount = 0
    for (let chunk = first; ; ) {
      givenCount += chunk.length
      await this.#take(chunk)
      const leftCount = givenCount - this.decoded.bytesWritten
      if (leftCount > 0) return chunk.subarray(chunk.length - leftCount)
      const next = await this.#chunks.next()
      if (next.done === true) break
      chunk = next.value
    }
    this.decoded.end()
    return undefined
  }

  /** A decoder at its end never says that it has taken what comes after. */
  #take(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      this.decoded.write(chunk, () => resolve())
    })
  }
}
