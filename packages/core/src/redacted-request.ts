import type { FailedRequest } from './errors/http-client-error.ts'
import { redactUrl } from './redaction.ts'

/** A request as errors may show it: no user info, query values masked. */
export function redactedRequest({ method, url }: FailedRequest): FailedRequest {
  return { method, url: redactUrl(url) }
}
