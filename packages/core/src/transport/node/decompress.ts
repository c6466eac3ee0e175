import { Duplex } from 'node:stream'
import type { ReadableWritablePair } from 'node:stream/web'
import zlib from 'node:zlib'
import { oversizedBody } from '../connection-failure.ts'
import { decodeZstd, zstdFrames } from './zstd-frames.ts'

type Bytes = Uint8Array<ArrayBuffer>
type ByteStream = ReadableStream<Bytes>
type ByteReader = ReadableStreamDefaultReader<Bytes>

interface Decoder {
  whole(bytes: Uint8Array, maxBytes: number): Promise<Bytes>
  /** For a body that begins with `first`, which is not empty. */
  stream(first: Uint8Array): Duplex
}

type WholeDecoder = (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number },
  callback: (error: Error | null, result: Buffer<ArrayBuffer>) => void,
) => void

function decoder(decode: WholeDecoder, stream: Decoder['stream']): Decoder {
  return {
    stream,
    whole: (bytes, maxBytes) =>
      new Promise((resolve, reject) => {
        // zlib wants a limit of at least 1 and at most what a buffer can hold.
        const maxOutputLength = Math.min(Math.max(maxBytes, 1), 2 ** 31 - 1)
        decode(bytes, { maxOutputLength }, (error, result) => (error ? reject(error) : resolve(result)))
      }),
  }
}

const gzip = decoder(zlib.gunzip, () => zlib.createGunzip())
const decoders: Readonly<Record<string, Decoder | undefined>> = {
  gzip,
  'x-gzip': gzip,
  // "deflate" means zlib's format, but some servers send it raw: `unzip`-like guessing by the first byte is left to inflate's two forms.
  deflate: decoder(
    (bytes, options, callback) => (isZlib(bytes) ? zlib.inflate : zlib.inflateRaw)(bytes, options, callback),
    (first) => (isZlib(first) ? zlib.createInflate() : zlib.createInflateRaw()),
  ),
  br: decoder(zlib.brotliDecompress, () => zlib.createBrotliDecompress()),
  // Node 20 has no zstd; then it is not asked for either.
  zstd: 'zstdDecompress' in zlib ? { whole: decodeZstd, stream: zstdFrames } : undefined,
}

/** What is asked for in `accept-encoding`. */
export const acceptedEncodings: string = decoders['zstd'] === undefined ? 'gzip, deflate, br' : 'gzip, deflate, br, zstd'

/** Each is undone into memory of its own; nobody who means well stacks more. */
const mostEncodings = 5

function isZlib(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & 0x0f) === 8
}

/** The decoders of a `content-encoding`, in the order in which to undo them; undefined if one of them is unknown: then the body is left as it is. */
function decodersOf(contentEncoding: string): readonly Decoder[] | undefined {
  const names = contentEncoding.toLowerCase().split(',')
  const found: Decoder[] = []
  for (const name of names.map((part) => part.trim()).reverse()) {
    if (name === '' || name === 'identity') continue
    const known = decoders[name]
    if (known === undefined) return undefined
    found.push(known)
  }
  if (found.length > mostEncodings) throw tooManyEncodings(found.length)
  return found
}

/** Typed like what zlib throws for a body that cannot be decoded. */
function tooManyEncodings(count: number): Error {
  const message = `the body is in ${count} encodings, of which at most ${mostEncodings} are undone`
  return Object.assign(new Error(message), { code: 'Z_DATA_ERROR' })
}

/** How long a body may come that is to be decompressed to at most `maxBytes`: what is short may become longer by compression. */
export function longestEncoded(maxBytes: number): number {
  return 2 * maxBytes + 65_536
}

/** A whole body, decompressed to at most `maxBytes`. */
export async function decompress(bytes: Bytes, contentEncoding: string, maxBytes: number): Promise<Bytes> {
  const steps = decodersOf(contentEncoding) ?? []
  let decoded = bytes
  for (const [index, step] of steps.entries()) {
    const mostBytes = index < steps.length - 1 ? longestEncoded(maxBytes) : maxBytes
    if (decoded.length > 0) decoded = await step.whole(decoded, mostBytes)
  }
  if (decoded.length > maxBytes) throw oversizedBody(maxBytes)
  return decoded
}

/** As much of a body as can be had, also of one that was cut: at most `maxBytes`, and nothing of one that nobody can mean. */
export async function decompressBeginning(bytes: Bytes, contentEncoding: string, maxBytes: number): Promise<Bytes> {
  let decoded = bytes
  try {
    for (const step of decodersOf(contentEncoding) ?? [])
      if (decoded.length > 0) decoded = await beginning(step.stream(decoded), decoded, longestEncoded(maxBytes))
    return decoded.subarray(0, maxBytes)
  } catch {
    return new Uint8Array()
  }
}

async function beginning(stream: Duplex, bytes: Bytes, maxBytes: number): Promise<Bytes> {
  const chunks: Buffer[] = []
  let byteCount = 0
  stream.end(bytes)
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      byteCount += chunk.length
      if (byteCount >= maxBytes) break
    }
  } catch {
    // The end is missing, as was to be expected; what came before it is what was asked for.
  }
  return Buffer.concat(chunks).subarray(0, maxBytes)
}

/** A body's stream, decompressed on the way. */
export function decompressedStream(body: ByteStream, contentEncoding: string): ByteStream {
  return (decodersOf(contentEncoding) ?? []).reduce(decodedStream, body)
}

/** The decoder is chosen by the first chunk; a body without one is empty, whatever its encoding. */
function decodedStream(body: ByteStream, step: Decoder): ByteStream {
  const source = body.getReader()
  let decoded: ByteReader | undefined
  let isOpen = true
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        decoded ??= await decodedReader(source, step)
        const chunk = await decoded?.read()
        if (!isOpen) return
        if (chunk?.value === undefined) controller.close()
        else controller.enqueue(chunk.value)
      },
      // The first chunk may never come: then there is nothing to be waited for but the source. Node's decoders are not told why: they look
      // into a reason, which may refuse to be looked into, and then go on.
      cancel() {
        isOpen = false
        return (decoded ?? source).cancel()
      },
    },
    { highWaterMark: 0 },
  )
}

async function decodedReader(source: ByteReader, step: Decoder): Promise<ByteReader | undefined> {
  const first = await source.read()
  if (first.done) return undefined
  const whole = new ReadableStream<Bytes>(
    {
      start: (controller) => controller.enqueue(first.value),
      async pull(controller) {
        const { done, value } = await source.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  // Node's own types and the platform's differ in name only.
  const pair = Duplex.toWeb(step.stream(first.value)) as unknown as ReadableWritablePair<Bytes, Bytes>
  const decoded: ByteStream = whole.pipeThrough(pair as never)
  return decoded.getReader()
}
