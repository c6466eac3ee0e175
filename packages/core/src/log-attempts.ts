import type { HttpRequest } from './handler.ts'
import type { RequestLogger } from './logging.ts'
import type { ResolvedConfig } from './resolve-config.ts'
import type { ClientResponse } from './response.ts'
import type { Send } from './send-attempt.ts'

/** Logs each attempt, one line when it is over. Of the request's headers only the caller's own are shown: the client's are credentials. */
export function logAttempts(config: ResolvedConfig, next: Send): Send {
  const { logger, clock } = config
  if (logger === undefined) return next

  return async (request, call, replacement) => {
    const startedAt = clock.monotonic()
    const attempted = { ...request, attempt: call.attempts + 1 }
    try {
      const response = await next(request, call, replacement)
      logAnswer(logger, attempted, response, clock.monotonic() - startedAt)
      return response
    } catch (error) {
      logFailure(
        logger,
        attempted,
        call.cancellation === undefined ? error : call.cancellation.reason,
        clock.monotonic() - startedAt,
      )
      throw error
    }
  }
}

function logAnswer(logger: RequestLogger, request: HttpRequest, response: ClientResponse, elapsedMs: number): void {
  const { method, headers, body, attempt } = request
  logger.log({
    method,
    url: response.url,
    attempt,
    elapsedMs,
    requestHeaders: headers,
    requestBody: body,
    status: response.status,
    responseHeaders: logger.wantsHeaders ? response.headers : undefined,
    responseBody: logger.wantsBody ? response.bufferedText : undefined,
  })
}

function logFailure(logger: RequestLogger, request: HttpRequest, error: unknown, elapsedMs: number): void {
  const { method, url, headers, body, attempt } = request
  logger.log({ method, url, attempt, elapsedMs, requestHeaders: headers, requestBody: body, error })
}
