import { CallerStream } from '../caller-stream.ts'

/** A body's stream as undici reads it; cancelled as soon as the request is over, whether or not its next chunk ever comes. */
export class UploadStream implements AsyncIterable<Uint8Array> {
  readonly #source: CallerStream

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#source = new CallerStream(stream)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const chunk = await this.#source.next()
      if (chunk === undefined) return
      yield chunk
    }
  }

  cancel(reason?: unknown): void {
    this.#source.cancel(reason)
  }
}
