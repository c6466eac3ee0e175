import { CallerFailure } from './caller-failure.ts'
import { letGo } from './let-go.ts'

/** How far a body has come. */
export interface TransferProgress {
  readonly transferredBytes: number
  /** Undefined where nobody knows: a stream, a compressed or a chunked body. */
  readonly totalBytes: number | undefined
}

/** Told of each chunk of a body. What it throws ends the request. */
export type ProgressListener = (progress: TransferProgress) => void

/** Counts the bytes of one body for its listener. */
export class TransferMeter {
  readonly #listener: ProgressListener
  #transferredBytes = 0

  constructor(listener: ProgressListener) {
    this.#listener = listener
  }

  add(byteCount: number, totalBytes: number | undefined): void {
    this.#transferredBytes += byteCount
    try {
      letGo(this.#listener({ transferredBytes: this.#transferredBytes, totalBytes }))
    } catch (error) {
      throw new CallerFailure(error)
    }
  }
}

/** The length of a response's body, where its headers say it and no decompression changes it. */
export function lengthOf(headers: { get(name: string): string | null }): number | undefined {
  const length = headers.get('content-length')
  return length === null || headers.get('content-encoding') !== null ? undefined : Number(length)
}
