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
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = await source.next()
          if (chunk === undefined) return controller.close()
          meter?.add(chunk.byteLength, undefined)
          controller.enqueue(chunk)
        } catch (failure) {
          source.cancel(failure)
          exchange.stop(failure)
          controller.error(failure)
        }
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
