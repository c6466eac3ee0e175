import type { HttpRequestBody } from './handler.ts'
import { letGo } from './let-go.ts'

/** The streams that a call has for its body and no send has taken yet: nobody but the call can close the files behind them. */
export class UnsentStreams {
  readonly #streams = new Set<HttpRequestBody | undefined>()

  add(body: HttpRequestBody): void {
    if (body instanceof ReadableStream) this.#streams.add(body)
  }

  /** From here on it is the transport's. */
  take(body: HttpRequestBody | undefined): void {
    this.#streams.delete(body)
  }

  /** The call is over. As fetch does with the body of an aborted request; what somebody reads is his. */
  cancel(): void {
    for (const stream of this.#streams) if (stream instanceof ReadableStream && !stream.locked) letGo(stream.cancel())
    this.#streams.clear()
  }
}
