import type { FailedAttempt, RejectedAttempt } from '@requestforge/core'

/** A failure as core would classify it. */
export function failure(more: Partial<FailedAttempt> = {}): FailedAttempt {
  return { retry: 0, elapsedMs: 0, error: new Error('it failed'), retryable: true, ...more }
}

/** A rejection as core would tell it. */
export function rejection(more: Partial<RejectedAttempt> = {}): RejectedAttempt {
  const request = { method: 'GET', url: 'https://api.example.com/' }
  return { retry: 0, status: 401, headers: new Headers(), data: undefined, request, ...more }
}
