import type { HttpRequest } from './handler.ts'
import type { RequestLogger } from './logging.ts'
import type { SentSecrets } from './repeated-secrets.ts'
import type { ResolvedConfig } from './resolve-config.ts'
import type { ClientResponse } from './response.ts'
import type { Send, SendProgress } from './send-attempt.ts'

/** Logs each attempt, one line when it is over. Of the request's headers only the caller's own are shown: the client's are credentials. */
export function logAttempts(config: ResolvedConfig, next: Send): Send {
  const { logger, clock, credentialHeaders } = config
  if (logger === undefined) return next

  return async (request, call, replacement) => {
    const startedAt = clock.monotonic()
    const attempt = call.attempts + 1
    const progress: SendProgress = { request: undefined }
    call.sentTokens ??= new Set()
    try {
      const response = await next(request, call, replacement, progress)
      const sent = { ...request, ...progress.request, attempt }
      const credentials = { credentials: credentialHeaders, tokens: [...call.sentTokens] }
      logAnswer(logger, sent, response, clock.monotonic() - startedAt, credentials)
      return response
    } catch (error) {
      const reason = call.cancellation === undefined ? error : call.cancellation.reason
      // An open circuit, or a call that was ended: that is no attempt.
      if (progress.request !== undefined)
        logFailure(logger, { ...progress.request, attempt }, reason, clock.monotonic() - startedAt)
      throw error
    }
  }
}

function logAnswer(
  logger: RequestLogger,
  request: HttpRequest,
  response: ClientResponse,
  elapsedMs: number,
  credentials: Pick<SentSecrets, 'credentials' | 'tokens'>,
): void {
  const { url, headers, body, attempt } = request
  const { wantsHeaders, wantsBody } = logger
  const sent = { urls: [url, response.url], headers, ...credentials }
  logger.log({
    // A redirect may have made a GET of it.
    method: response.method,
    url: response.url,
    attempt,
    elapsedMs,
    requestHeaders: headers,
    requestBody: body,
    status: response.status,
    responseHeaders: wantsHeaders ? Object.fromEntries(response.headers) : undefined,
    responseBody: wantsBody ? loggedBody(response) : undefined,
    sent: wantsHeaders || wantsBody ? sent : undefined,
  })
}

// What is text, and what programs write as text.
const textType = /^\s*(?:$|text\/|[^;]*[/+](?:x-)?(?:(?:nd)?json|jsonl|xml|www-form-urlencoded|form-data|javascript)(?![\w.]))/i

/** Text, where it is text; bytes read as if they were would be of use to nobody. */
function loggedBody(response: ClientResponse): string {
  const type = response.rawHeaders.get('content-type') ?? ''
  const { bufferedLength } = response
  if (bufferedLength === 0 || textType.test(type)) return response.bufferedText
  return `[${bufferedLength} bytes of ${type.split(';', 1)[0]}]`
}

function logFailure(logger: RequestLogger, request: HttpRequest, error: unknown, elapsedMs: number): void {
  const { method, url, headers, body, attempt } = request
  logger.log({ method, url, attempt, elapsedMs, requestHeaders: headers, requestBody: body, error })
}
