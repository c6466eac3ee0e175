import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { callerFailureIn } from '../../caller-failure.ts'
import { lengthOf } from '../../transfer-progress.ts'
import { isBodyless } from '../bodyless-status.ts'
import { oversizedBody } from '../connection-failure.ts'
import type { ExchangeControl, Stoppable, TransportAnswer, TransportRequest } from '../transport.ts'
import { wireBody, wireLength } from '../wire-body.ts'
import { decompress, decompressBeginning, decompressedStream, longestEncoded } from './decompress.ts'
import type { Connecting, ConnectionWait } from './pool-client.ts'
import { RawAnswer } from './raw-answer.ts'
import { RawHeaders } from './raw-headers.ts'
import { ReceivedStream } from './received-stream.ts'
import { isCancelled, restOf } from './resumed-stream.ts'
import type { UploadStream } from './upload-stream.ts'

type Bytes = Uint8Array<ArrayBuffer>
type Settle = (answer: TransportAnswer) => void

/** One for all: most exchanges are made without ever needing it. */
const nothing = (): undefined => undefined

/** undici's, for a body that is not as long as its content-length says. */
const mismatchCode = 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'

/**
 * One request on an undici dispatcher: collects the body, or hands it on as a stream.
 *
 * The callbacks of undici's older handler shape are used because its newer one parses all headers into an object for every response.
 */
export class DispatchExchange implements Dispatcher.DispatchHandler, Stoppable, ConnectionWait {
  connecting: Connecting | undefined
  readonly #request: TransportRequest
  readonly #control: ExchangeControl
  readonly #upload: UploadStream | undefined
  readonly #resolve: Settle
  readonly #reject: (error: unknown) => void
  #abort: ((error?: Error) => void) | undefined
  #status = 0
  #headers: RawHeaders | undefined
  #resume: () => unknown = nothing
  #chunks: Buffer[] = []
  #byteCount = 0
  #maxBytes = 0
  /** The same as it comes: in its encoding. */
  #maxWireBytes = 0
  #isComplete = false
  #stream: ReceivedStream | undefined

  /** @param upload given up when the answer is complete or the exchange has failed: an answer that has begun may be followed by more of it */
  constructor(request: TransportRequest, upload: UploadStream | undefined, resolve: Settle, reject: (error: unknown) => void) {
    this.#request = request
    this.#upload = upload
    this.#control = request.control
    this.#resolve = resolve
    this.#reject = reject
    request.control.phase = 'connect'
    request.control.exchange = this
  }

  get isGivenUp(): boolean {
    return this.#control.interrupted
  }

  #stopWaiting(): void {
    this.connecting?.leave()
    this.connecting = undefined
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#stopWaiting()
    // undici drops what throws here, and keeps the connection for others; told to abort, it would close it.
    if (this.#control.interrupted) throw new Error('given up before it was sent')
    this.#abort = abort
    this.#control.phase = 'headers'
  }

  onHeaders(status: number, pairs: Buffer[], resume: () => void): boolean {
    if (status < 200) return true
    const { bodyRules, method } = this.#request
    this.#control.phase = 'body'
    this.#control.status = status
    this.#status = status
    this.#headers = new RawHeaders(pairs)
    this.#resume = resume
    this.#maxBytes = bodyRules.maxBytes(status)
    // No header is looked for where nothing is limited.
    const isPlain = this.#maxBytes === Number.POSITIVE_INFINITY || this.#encoding === null
    this.#maxWireBytes = isPlain ? this.#maxBytes : longestEncoded(this.#maxBytes)
    const leadsOn = this.#request.leadsOn(status, this.#headers)
    if (!leadsOn && !bodyRules.streams(status)) return true
    if (method !== 'HEAD' && !isBodyless(status) && this.#headers.get('content-length') !== '0') {
      this.#stream = new ReceivedStream(resume, (reason) => this.stop(reason))
      const { readable } = this.#stream
      this.#resolve(new RawAnswer(status, this.#headers, undefined, leadsOn ? readable : this.#decoded(readable)))
    }
    return true
  }

  /** undici says "chunk" to what its types call its size. */
  onBodySent(chunk: unknown): void {
    const { upload, body } = this.#request
    if (upload !== undefined && chunk instanceof Uint8Array) upload.add(chunk.byteLength, wireLength(wireBody(body)))
  }

  onData(chunk: Buffer): boolean {
    this.#request.download?.add(chunk.byteLength, this.#headers && lengthOf(this.#headers))
    this.#byteCount += chunk.length
    if (this.#stream !== undefined) return this.#stream.push(chunk as Bytes)
    if (this.#byteCount > this.#maxWireBytes) return this.#overflow(chunk)
    this.#chunks.push(chunk)
    return true
  }

  onComplete(): void {
    const rest = this.#stream && restOf(this.#resume)
    if (rest !== undefined) {
      this.#takeRest(rest)
      return
    }
    if (this.#isShort) {
      this.onError(shortBody())
      return
    }
    this.#upload?.cancel()
    if (this.#stream !== undefined) this.#stream.end()
    else this.#finish()
  }

  /** It has come, and waits in memory for a reader who was slow. */
  #takeRest(rest: Readable): void {
    rest.on('data', (chunk: Buffer) => {
      try {
        this.onData(chunk)
      } catch (error) {
        this.onError(error as Error)
      }
    })
    rest.once('end', () => this.onComplete())
    rest.once('close', () => {
      if (!rest.readableEnded) this.onError(shortBody())
    })
  }

  /** Over HTTP/2, Node takes a body that its server has given up for one that has come to its end; over HTTP/1.1, undici looks itself. */
  get #isShort(): boolean {
    if (this.#request.method === 'HEAD' || isBodyless(this.#status)) return false
    const length = this.#headers?.get('content-length') ?? null
    return length === null ? isCancelled(this.#resume) : Number(length) > this.#byteCount
  }

  onError(error: Error): void {
    this.#stopWaiting()
    this.#upload?.cancel()
    // A body that was cut on purpose ends with the error of its connection's end.
    if (this.#isComplete) return
    if (this.#isAnswer(error)) {
      this.#finish()
      return
    }
    const named = withCode(error)
    this.#stream?.fail(named)
    this.#reject(named)
  }

  /** Whether what has come is an answer notwithstanding: there is no more of it, or its status says enough. */
  #isAnswer(error: Error): boolean {
    // A 304 tells the length that a 200 would have had (RFC 9110 section 8.6); undici takes that for a body that is missing.
    if (isBodyless(this.#status) && this.#byteCount === 0 && codeOf(error) === mismatchCode) return true
    const isCut = this.#stream === undefined && this.#headers !== undefined && this.#request.bodyRules.cuts(this.#status)
    return isCut && !this.#control.interrupted && callerFailureIn(error) === undefined
  }

  #finish(): void {
    const headers = this.#headers
    if (headers === undefined) return
    this.#isComplete = true
    const bytes = (this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks)) as Bytes
    const encoding = bytes.length === 0 ? null : this.#encoding
    this.#chunks = []
    if (encoding === null) this.#resolve(new RawAnswer(this.#status, headers, bytes, null))
    else
      this.#decompress(bytes, encoding).then(
        (decoded) => this.#resolve(new RawAnswer(this.#status, headers, decoded, null)),
        this.#reject,
      )
  }

  get #encoding(): string | null {
    return this.#headers?.get('content-encoding') ?? null
  }

  #decompress(bytes: Bytes, encoding: string): Promise<Bytes> {
    // The body of an error that will be thrown is worth having as far as it goes.
    return this.#request.bodyRules.cuts(this.#status)
      ? decompressBeginning(bytes, encoding, this.#maxBytes)
      : decompress(bytes, encoding, this.#maxBytes)
  }

  #decoded(readable: ReadableStream<Bytes>): ReadableStream<Bytes> {
    const encoding = this.#encoding
    return encoding === null ? readable : decompressedStream(readable, encoding)
  }

  #overflow(chunk: Buffer): boolean {
    if (this.#request.bodyRules.cuts(this.#status)) {
      const room = this.#maxWireBytes - (this.#byteCount - chunk.length)
      this.#chunks.push(chunk.subarray(0, room))
      this.#finish()
    } else {
      this.#reject(oversizedBody(this.#maxBytes))
    }
    this.#abort?.()
    return false
  }

  /** Ends it at once: the answer, or its body, is rejected with `reason`. */
  stop(reason: unknown): void {
    this.#upload?.cancel(reason)
    this.#stream?.fail(reason)
    this.#reject(reason)
    this.#stopWaiting()
    // Not told why: the reason is the caller's own, of any kind, and has been handed over.
    this.#abort?.()
  }
}

/** As undici has it where it looks itself. */
function shortBody(): Error {
  return Object.assign(new Error('the body is shorter than its server meant it to be'), { code: mismatchCode })
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined
}

/** undici's parser means to give its code, and gives none; its words are all that is known. */
function withCode(error: Error): Error {
  if (error.name !== 'HTTPParserError' || codeOf(error) !== undefined) return error
  const isCut = error.message.includes('Invalid EOF state')
  return Object.assign(error, { code: isCut ? 'HPE_INVALID_EOF_STATE' : 'HTTPParserError' })
}
