// Runs before each file of tests.

/** As much as the tests need of what Node has from 24 on. */
class PlainDisposableStack implements AsyncDisposable {
  readonly #disposals: (() => unknown)[] = []

  use<T extends AsyncDisposable>(disposable: T): T {
    this.defer(() => disposable[Symbol.asyncDispose]())
    return disposable
  }

  defer(dispose: () => unknown): void {
    this.#disposals.push(dispose)
  }

  async disposeAsync(): Promise<void> {
    for (const dispose of this.#disposals.splice(0).reverse()) await dispose()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposeAsync()
  }
}

if (!('AsyncDisposableStack' in globalThis)) Object.assign(globalThis, { AsyncDisposableStack: PlainDisposableStack })
