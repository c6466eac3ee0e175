/** How much of a response's body is read, and whether it is read at all before the caller has it. */
export interface BodyRules {
  /** Whether the body of an answer with this status is handed over as a stream. */
  streams(status: number): boolean
  /** The most that is kept of a buffered body. */
  maxBytes(status: number): number
  /** Whether a longer body is cut there, and one that breaks off ends where it does: the status says enough. Else either is an error. */
  cuts(status: number): boolean
}

const errorBodyBytes = 65_536

/** Every body whole, but that of an error that will be thrown only so far as the error keeps it. */
export class BufferedBody implements BodyRules {
  readonly #maxResponseBytes: number
  readonly #throwsHttpErrors: boolean

  constructor(maxResponseBytes: number, throwsHttpErrors: boolean) {
    this.#maxResponseBytes = maxResponseBytes
    this.#throwsHttpErrors = throwsHttpErrors
  }

  streams(_status: number): boolean {
    return false
  }

  maxBytes(status: number): number {
    return this.throws(status) ? errorBodyBytes : this.#maxResponseBytes
  }

  /** A 401 that is delivered, too: whether its token is to be replaced must not depend on its body. */
  cuts(status: number): boolean {
    return status === 401 || this.throws(status)
  }

  protected throws(status: number): boolean {
    return this.#throwsHttpErrors && status >= 400
  }
}

/** A stream where the caller will get it; errors that will be thrown are read like above. */
export class StreamedBody extends BufferedBody {
  override streams(status: number): boolean {
    return !this.throws(status)
  }
}
