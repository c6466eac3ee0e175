import type { Call, CallHandler } from './call.ts'
import type { HttpClientError } from './errors/http-client-error.ts'
import type { HttpRequest, HttpResponse } from './handler.ts'
import { isPromise } from './is-promise.ts'
import { redactedRequest } from './redacted-request.ts'
import type { ResolvedConfig } from './resolve-config.ts'
import { ClientResponse } from './response.ts'
import { statusError } from './status-error.ts'

/** The outermost layer: the only place where a status becomes an error, and where `onError` is told, once. */
export function mapStatusErrors(config: ResolvedConfig, next: CallHandler): CallHandler {
  const hooks = config.hooks.filter((hook) => hook.onError !== undefined)
  const tell = async (error: unknown, request: HttpRequest, call: Call): Promise<void> => {
    for (const hook of hooks) {
      try {
        const told = hook.onError?.(rejectionOf(error, call), request)
        if (isPromise(told)) await call.race(told)
      } catch (failure) {
        // A call that is cancelled, even in the meantime, waits for no hook and has its rejection already; the other hooks are told.
        if (call.cancellation === undefined) throw failure
      }
    }
  }

  return async (request, call) => {
    try {
      throwIfEnded(call)
      const response = await next(request, call)
      throwIfEnded(call)
      if (response.status < 400 || !call.settings.throwHttpErrors) return response
      throw call.failedWith(
        response instanceof ClientResponse ? response.statusError() : await foreignStatusError(response, request, call),
      )
    } catch (error) {
      call.endStreams(rejectionOf(error, call))
      if (hooks.length > 0) await tell(error, request, call)
      throw rejectionOf(error, call)
    }
  }
}

/** What was ended in a hook that goes on without a wait, or before it began. @throws the reason */
function throwIfEnded({ cancellation }: Call): void {
  if (cancellation !== undefined) throw cancellation.reason
}

/** What the caller gets at this point; an error of the client's own says what the call knows. */
function rejectionOf(error: unknown, call: Call): unknown {
  const reason = call.cancellation === undefined ? error : call.cancellation.reason
  if (call.failure !== undefined && reason === call.failure) tellCall(call.failure, call)
  return reason
}

/** Which request it was, what was tried, and why no more. */
function tellCall(error: HttpClientError, { request, attempts, retryDelaysMs, notRetried }: Call): void {
  // Closing a client ends many calls with an error that knows none of them.
  if (error.request === undefined) Object.assign(error, { request: redactedRequest(request), attempts })
  if (retryDelaysMs !== undefined) Object.assign(error, { retryDelaysMs })
  if (notRetried !== undefined) Object.assign(error, { notRetried })
}

/** For a response that a middleware or a hook made by itself. */
async function foreignStatusError(response: HttpResponse, request: HttpRequest, call: Call): Promise<HttpClientError> {
  // Nobody else limits this wait: the response is not the client's own.
  const body = await call.race(response.text())
  const { status, headers } = response
  // A `Response` of the platform's own has no URL, if it was made by hand, and never `attempts`.
  const answer = { status, headers, url: response.url || request.url, attempts: response.attempts ?? call.attempts }
  return statusError({ method: request.method, response: answer, body, now: call.clock.now() })
}
