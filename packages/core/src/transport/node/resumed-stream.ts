import { Readable } from 'node:stream'

/** RFC 9113 section 7. */
const cancelCode = 8

/** The stream of an answer over HTTP/2: what resumes it is bound to it, and gives it back. */
function resumed(resume: () => unknown): Readable | undefined {
  const stream = resume()
  return stream instanceof Readable ? stream : undefined
}

/** Whether its server has cancelled an answer over HTTP/2 in the middle: for Node such a stream has come to its end like others. */
export function isCancelled(resume: () => unknown): boolean {
  const stream = resumed(resume)
  return stream !== undefined && 'rstCode' in stream && stream.rstCode === cancelCode
}

/** What nobody has read yet of an answer that undici calls complete: its trailers overtake what a paused stream holds. */
export function restOf(resume: () => unknown): Readable | undefined {
  const stream = resumed(resume)
  return stream === undefined || stream.readableEnded || stream.destroyed ? undefined : stream
}
