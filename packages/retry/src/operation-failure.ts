import type { FailedAttempt } from '@requestforge/core'

/** What errors of the family, and others that look like them, say about themselves. */
interface Classified {
  readonly code?: unknown
  readonly status?: unknown
  readonly retryable?: unknown
  readonly retryAfterMs?: unknown
}

/** What reading it throws counts as not said: it must not take the place of what was thrown. */
function saidBy(error: unknown): Classified {
  try {
    const { code, status, retryable, retryAfterMs } = Object(error) as Classified
    return { code, status, retryable, retryAfterMs }
  } catch {
    return {}
  }
}

/** What a strategy is told of an error: any counts as one that may pass, unless it says that it is final. */
export function failureOf(error: unknown, retry: number, elapsedMs: number): FailedAttempt {
  const said = saidBy(error)
  return {
    retry,
    elapsedMs,
    error,
    code: typeof said.code === 'string' ? said.code : undefined,
    // A status that does not say it is final counts like any other error, so only what is known to be final is told as a status.
    status: typeof said.status === 'number' && typeof said.retryable === 'boolean' ? said.status : undefined,
    retryable: said.retryable !== false,
    retryAfterMs: typeof said.retryAfterMs === 'number' ? said.retryAfterMs : undefined,
  }
}

/** Codes of errors that say nothing about the service: nothing was sent to it. */
const ignoredCodes: ReadonlySet<unknown> = new Set([
  'configuration',
  'authentication',
  'reauthentication_required',
  'circuit_open',
  'closed',
])

/** What a breaker is told of an error: a 4xx says that the service is there. */
export function breakerOutcome(error: unknown): 'failure' | 'success' | 'ignored' {
  const { status, code } = saidBy(error)
  if (ignoredCodes.has(code)) return 'ignored'
  return typeof status === 'number' && status >= 400 && status < 500 ? 'success' : 'failure'
}
