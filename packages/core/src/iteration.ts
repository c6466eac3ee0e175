/** Takes from an iterable as a loop does: nothing after its end, and no `return()` for what has ended or failed by itself. */
export class Iteration<T> {
  readonly #iterator: Iterator<T>
  #hasEnded = false

  constructor(iterable: Iterable<T>) {
    this.#iterator = iterable[Symbol.iterator]()
  }

  /** What comes next, in an array of its own; undefined at the end. */
  next(): readonly [T] | undefined {
    if (this.#hasEnded) return undefined
    this.#hasEnded = true
    const { done, value } = this.#iterator.next()
    if (done === true) return undefined
    this.#hasEnded = false
    return [value]
  }

  /** Leaves the loop. @throws what `return()` throws, unless the loop has `failed` with an error of its own */
  leave(failed: boolean): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    try {
      this.#iterator.return?.()
    } catch (error) {
      if (!failed) throw error
    }
  }
}
