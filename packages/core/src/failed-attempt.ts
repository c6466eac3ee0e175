import type { Call } from './call.ts'
import { HttpClientError } from './errors/http-client-error.ts'
import { redactedRequest } from './redacted-request.ts'
import type { ClientResponse } from './response.ts'
import { retryAfterMs } from './retry-after.ts'
import type { FailedAttempt } from './retry-strategy.ts'
import { retryableStatuses } from './retryable-statuses.ts'

/** Classifies a failure for strategies. The error of a status is made only if somebody asks for it: most failures are retried away. */
export function failedAttempt(retry: number, response: ClientResponse | undefined, error: unknown, call: Call): FailedAttempt {
  const { elapsedMs } = call
  if (response === undefined) return failedSend(retry, error, elapsedMs)
  const { status } = response
  return {
    retry,
    elapsedMs,
    get error() {
      return response.statusError()
    },
    code: `http_${status}`,
    status,
    retryable: retryableStatuses.has(status),
    retryAfterMs: retryAfterMs(response.rawHeaders.get('retry-after'), call.clock.now()),
    request: redactedRequest(response),
  }
}

function failedSend(retry: number, error: unknown, elapsedMs: number): FailedAttempt {
  if (!HttpClientError.isInstance(error)) return { retry, elapsedMs, error, retryable: false }
  const { code, retryable, request } = error
  const retryAfter = 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : undefined
  return { retry, elapsedMs, error, code, retryable, retryAfterMs: retryAfter, request }
}
