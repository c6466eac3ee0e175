/** How much of a response's body is read, and whether it is read at all before the caller has it. */
export interface BodyRules {
  /** Whether the body of an answer with this status is handed over as a stream. */
  streams(status: number): boolean
  /** The most that is kept of a buffered body. */
  maxBytes(status: number): number
  /** Whether a longer body is cut there; else it is an error. */
  cuts(status: number): boolean
}

const errorBodyBytes = 65_536

/** Every body whole, but that of an error that will be thrown only so far as the error keeps it. */
export function bufferedBody(maxResponseBytes: number, throwsHttpErrors: boolean): BodyRules {
  const cuts = (status: number): boolean => throwsHttpErrors && status >= 400
  return {
    streams: () => false,
    maxBytes: (status) => (cuts(status) ? errorBodyBytes : maxResponseBytes),
    cuts,
  }
}

/** A stream where the caller will get it; what the client itself uses up (errors to throw, redirects to follow) is read like above. */
export function streamedBody(maxResponseBytes: number, throwsHttpErrors: boolean, followsRedirects: boolean): BodyRules {
  const isOurs = (status: number): boolean =>
    (throwsHttpErrors && status >= 400) || (followsRedirects && status >= 300 && status < 400)
  return {
    streams: (status) => !isOurs(status),
    maxBytes: (status) => (isOurs(status) ? errorBodyBytes : maxResponseBytes),
    cuts: isOurs,
  }
}
