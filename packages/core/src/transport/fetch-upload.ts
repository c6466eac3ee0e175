import type { TransferMeter } from '../transfer-progress.ts'
import { CallerStream } from './caller-stream.ts'
import type { Stoppable } from './transport.ts'

/**
 * A body's stream as a fetch reads it. Each fetch says in its own way that its body has failed, if it says so at all, and none says of what:
 * so the exchange is told here, and ends with that.
 */
export function fetchUpload(
  stream: ReadableStream<unknown>,
  meter: TransferMeter | undefined,
  exchange: Stoppable,
): ReadableStream<Uint8Array> {
  const source = new CallerStream(stream)
  // An answer may come before the body was sent: the fetch takes no more of it then, and nothing is wrong with it.
  let isCancelled = false
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = await source.next()
          if (isCancelled) return
          if (chunk === undefined) return controller.close()
          meter?.add(chunk.byteLength, undefined)
          controller.enqueue(chunk)
        } catch (failure) {
          if (isCancelled) return
          source.cancel(failure)
          exchange.stop(failure)
          controller.error(failure)
        }
      },
      cancel(reason) {
        isCancelled = true
        source.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
