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

// In CI properties are tried on the same values each time, so that nothing fails which nobody has changed; elsewhere on others each time.
if (!['', '0', 'false', undefined].includes(process.env['CI']))
  (await import('fast-check')).default.configureGlobal({ seed: 2_026 })

if (!('AsyncDisposableStack' in globalThis)) Object.assign(globalThis, { AsyncDisposableStack: PlainDisposableStack })
