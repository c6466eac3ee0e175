type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()

/** As much of a stream of Node's as is needed here. */
interface NodeStream extends AsyncIterable<Bytes | string> {
  on?(event: 'error', listener: () => void): unknown
  destroy(): unknown
}

/** A response's body as platforms have it: fetches over Node's own HTTP, such as node-fetch, have a stream of Node's in its place. */
export function webBody(body: ReadableStream<Uint8Array> | NodeStream): ReadableStream<Bytes> {
  // The platform's own type leaves the buffer of the chunks open.
  if ('getReader' in body) return body as ReadableStream<Bytes>
  // Whoever reads is told of it; where nobody reads yet, it would end the process.
  body.on?.('error', () => undefined)
  const chunks = body[Symbol.asyncIterator]()
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
      },
      // The iterator would wait for its next chunk first.
      cancel: () => void body.destroy(),
    },
    { highWaterMark: 0 },
  )
}
