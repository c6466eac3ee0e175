/** RFC 9113 section 7. */
const cancelCode = 8

/**
 * Whether its server has cancelled an answer over HTTP/2 in the middle: for Node such a stream has come to its end like others. What resumes it
 * is bound to it, and gives it back.
 */
export function isCancelled(resume: () => unknown): boolean {
  const stream = resume()
  return typeof stream === 'object' && stream !== null && 'rstCode' in stream && stream.rstCode === cancelCode
}
