import type { CallHandler } from './call.ts'
import { deliver } from './deliver.ts'
import { followRedirects } from './follow-redirects.ts'
import { logAttempts } from './log-attempts.ts'
import { mapStatusErrors } from './map-status-errors.ts'
import { replaceRejectedTokens } from './replace-rejected-tokens.ts'
import type { ResolvedConfig } from './resolve-config.ts'
import { retryRequests } from './retry-requests.ts'
import { sendAttempt } from './send-attempt.ts'
import { throughMiddleware } from './through-middleware.ts'
import { traceAttempts, traceRequests } from './trace-requests.ts'
import type { Transport } from './transport/transport.ts'

/** The way of a request through the layers: here, and nowhere else, is their order. */
export function buildOnion(config: ResolvedConfig, transport: Transport): CallHandler {
  const redirects = followRedirects(config, transport) // each hop asks anew which credentials it may carry
  const send = sendAttempt(config, redirects) // circuit breaker, time-out, beforeRequest, token
  const logged = logAttempts(config, send) // one line for each attempt
  const traced = traceAttempts(logged) // diagnostics_channel, if anybody listens
  const authenticated = replaceRejectedTokens(config, traced) // 401: a new token, and once more
  const retried = retryRequests(config, authenticated)
  const delivered = deliver(config, retried) // afterResponse
  const wrapped = throughMiddleware(config, delivered)
  return traceRequests(mapStatusErrors(config, wrapped)) // 4xx and 5xx become errors, then onError
}
