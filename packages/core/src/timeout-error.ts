import type { FailedRequest } from './errors/http-client-error.ts'
import { RequestTimeoutError, type TimeoutPhase } from './errors/transport-errors.ts'
import { redactedRequest } from './redacted-request.ts'

/** What a phase waits for, in words. */
export const waitedFor: Readonly<Record<TimeoutPhase, string>> = {
  token: 'a token',
  connect: 'a connection',
  headers: "the response's headers",
  body: "the response's body",
}

interface TimeoutDetails {
  readonly phase: TimeoutPhase
  readonly timeoutMs: number
  readonly elapsedMs: number
  readonly attempts: number
}

/** Says which limit was hit, and what was being waited for. */
export function timeoutError(
  request: FailedRequest,
  option: string,
  awaited: string | undefined,
  details: TimeoutDetails,
): RequestTimeoutError {
  const failed = redactedRequest(request)
  const message = `${failed.method} ${failed.url}: timed out after ${details.timeoutMs} ms (${option}) while waiting for ${awaited ?? waitedFor[details.phase]}`
  return new RequestTimeoutError(message, { ...details, request: failed })
}
