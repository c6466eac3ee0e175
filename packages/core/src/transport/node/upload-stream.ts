import { CallerFailure } from '../../caller-failure.ts'

/** A body's stream as undici reads it; cancelled as soon as the request is over, whether or not its next chunk ever comes. */
export class UploadStream implements AsyncIterable<Uint8Array> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const { done, value } = await this.#next()
      if (done) return
      yield value
    }
  }

  async #next(): Promise<ReadableStreamReadResult<Uint8Array>> {
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
