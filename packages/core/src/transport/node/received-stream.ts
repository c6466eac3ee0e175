type Bytes = Uint8Array<ArrayBuffer>

/** A response's body on its way to a reader, with back-pressure down to the socket. */
export class ReceivedStream {
  readonly readable: ReadableStream<Bytes>
  #controller: ReadableStreamDefaultController<Bytes> | undefined
  #isOver = false

  constructor(resume: () => void, cancelled: (reason: unknown) => void) {
    this.readable = new ReadableStream<Bytes>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => resume(),
        cancel: (reason) => {
          this.#isOver = true
          cancelled(reason)
        },
      },
      { highWaterMark: 65_536, size: (chunk) => chunk.byteLength },
    )
  }

  /** @returns false to pause the socket */
  push(chunk: Bytes): boolean {
    if (this.#isOver || this.#controller === undefined) return true
    this.#controller.enqueue(chunk)
    return (this.#controller.desiredSize ?? 0) > 0
  }

  end(): void {
    if (!this.#isOver) this.#controller?.close()
    this.#isOver = true
  }

  fail(reason: unknown): void {
    if (!this.#isOver) this.#controller?.error(reason)
    this.#isOver = true
  }
}
