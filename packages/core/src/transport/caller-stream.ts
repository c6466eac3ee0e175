import { CallerFailure } from '../caller-failure.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { classOf, kindOf } from '../option-checks.ts'

/** A body's stream as a transport reads it: whatever is wrong with it is a failure of the caller's own. */
export class CallerStream {
  readonly #reader: ReadableStreamDefaultReader<unknown>

  constructor(stream: ReadableStream<unknown>) {
    this.#reader = stream.getReader()
  }

  /** The next chunk, undefined at the end. @throws CallerFailure */
  async next(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#read()
    if (done) return undefined
    if (isBytes(value)) return value
    const error = new ConfigurationError(`a body stream must give bytes (Uint8Array), got ${kindOf(value)}`, { option: 'body' })
    this.cancel(error)
    throw new CallerFailure(error)
  }

  async #read(): Promise<ReadableStreamReadResult<unknown>> {
    try {
      return await this.#reader.read()
    } catch (error) {
      throw new CallerFailure(error)
    }
  }

  cancel(reason?: unknown): void {
    // The source may fail while it is told to stop; the request has its own error already.
    this.#reader.cancel(reason).catch(() => undefined)
  }
}

/** Those of another realm are bytes too. */
function isBytes(chunk: unknown): chunk is Uint8Array {
  return ArrayBuffer.isView(chunk) && classOf(chunk) === 'Uint8Array'
}
