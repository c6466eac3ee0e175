import type { Clock } from './clock.ts'

const drainLimitMs = 100
const drainLimitBytes = 65_536

/** Reads what is left of a body that nobody will read, if it is little: then its connection can be used again. */
export async function discardStream(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  const reader = body.getReader()
  // What does not come at once is not worth the wait: then the connection is closed, and nobody waits for that either.
  const stop = (): void => giveUp(reader)
  signal?.addEventListener('abort', stop, { once: true })
  const timer = clock.setTimeout(stop, drainLimitMs, true)
  try {
    for (let byteCount = 0; byteCount < drainLimitBytes; ) {
      const { done, value } = await reader.read()
      if (done) return
      byteCount += value.byteLength
    }
    stop()
  } catch {
    // A body that breaks off, of an answer that is given up anyway; an abort is seen by whoever waits next.
  } finally {
    clock.clearTimeout(timer)
  }
}

/** Cancels what is not read on, and waits for nothing: some sources never say that they have stopped, or fail while they do. */
export function giveUp(reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>): void {
  reader.cancel().catch(() => undefined)
}
