import type { TransferMeter } from '../transfer-progress.ts'
import { CallerStream } from './caller-stream.ts'
import type { Stoppable } from './transport.ts'

/**
 * A body's stream as a fetch reads it. Each fetch says in its own way that its body has failed, if it says so at all, and none says of what:
 * so the exchange is told here, and ends with that.
 *
 * @param signal of the exchange: some fetches go on reading when it is aborted, and some wait for a chunk that may never come
 */
export function fetchUpload(
  stream: ReadableStream<unknown>,
  meter: TransferMeter | undefined,
  exchange: Stoppable,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const source = new CallerStream(stream)
  // An answer may come before the body was sent: the fetch takes no more of it then, and nothing is wrong with it.
  let isCancelled = false
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const stop = (): void => {
          isCancelled = true
          source.cancel(signal.reason)
          controller.error(signal.reason)
        }
        signal.addEventListener('abort', stop, { once: true })
      },
      async pull(controller) {
        try {
          const chunk = await source.next()
          if (isCancelled) return
          if (chunk === undefined) return controller.close()
          meter?.add(chunk.byteLength, undefined)
          controller.enqueue(chunk)
        } catch (failure) {
          if (!isCancelled) exchange.stop(failure)
        }
      },
      cancel(reason) {
        isCancelled = true
        // Bun's fetch hears of an abort first, and cancels without telling why.
        source.cancel(signal.aborted ? signal.reason : reason)
      },
    },
    { highWaterMark: 0 },
  )
}
