import type { Attempt } from './attempt.ts'
import type { Call } from './call.ts'
import { giveUp } from './discard-stream.ts'
import { hopFailure, type SentHop } from './hop-failure.ts'
import { oversizedBody } from './transport/connection-failure.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** A body as the caller reads it: each chunk has its own time-out, failures are typed, and an abort of the call ends it at once. */
export function streamedBody(
  source: ReadableStream<Bytes>,
  status: number,
  sent: SentHop,
  call: Call,
  attempt: Attempt,
): ReadableStream<Bytes> {
  const reader = source.getReader()
  const maxBytes = call.settings.bodyRules.maxBytes(status)
  let byteCount = 0
  const over = openStream(call, attempt)

  async function nextChunk(): Promise<Bytes | undefined> {
    attempt.startTimer()
    const { done, value } = await reader.read()
    attempt.stopTimer()
    byteCount += value?.byteLength ?? 0
    if (byteCount > maxBytes) {
      giveUp(reader)
      throw oversizedBody(maxBytes)
    }
    return done ? undefined : value
  }

  return new ReadableStream<Bytes>(
    {
      start(controller) {
        const { exchange } = attempt
        attempt.exchange = {
          stop(reason) {
            controller.error(reason)
            exchange?.stop(reason)
            over()
          },
        }
      },
      async pull(controller) {
        try {
          const chunk = await nextChunk()
          if (chunk !== undefined) return controller.enqueue(chunk)
          controller.close()
        } catch (error) {
          if (attempt.interrupted) return
          controller.error(hopFailure(error, sent, call, attempt))
        }
        over()
      },
      async cancel(reason) {
        over()
        await reader.cancel(reason)
      },
    },
    // Nothing is read ahead: the time-out of a chunk runs only while somebody waits for it.
    { highWaterMark: 0 },
  )
}

/** Keeps the call going beyond its promise; returns what ends it. */
function openStream(call: Call, attempt: Attempt): () => void {
  let isOpen = true
  attempt.isStreaming = true
  attempt.stopTimer()
  call.streamOpened()
  return () => {
    if (!isOpen) return
    isOpen = false
    attempt.end()
    call.streamClosed()
  }
}
