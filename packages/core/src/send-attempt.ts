import { Attempt } from './attempt.ts'
import type { Call } from './call.ts'
import { admit, type Outcome, outcomeOfError } from './circuit.ts'
import type { Journey } from './follow-redirects.ts'
import type { HttpRequest } from './handler.ts'
import type { Hooks, SendListener } from './hooks.ts'
import { isIdempotent } from './idempotency.ts'
import { isPromise } from './is-promise.ts'
import { letGo } from './let-go.ts'
import { passedOnRequest } from './passed-on-request.ts'
import type { ResolvedConfig } from './resolve-config.ts'
import { ClientResponse } from './response.ts'
import { streamedBody } from './streamed-body.ts'
import type { AccessToken } from './token-source.ts'
import { isBodyless } from './transport/bodyless-status.ts'
import type { TransportAnswer } from './transport/transport.ts'

/** The layers below the retries know the call that a request belongs to; `replacement` is the token to send, instead of the source's. */
export type Send = (
  request: HttpRequest,
  call: Call,
  replacement?: AccessToken | undefined,
  progress?: SendProgress | undefined,
) => Promise<ClientResponse>

/** How far a send has come, for the layer above that asks. */
export interface SendProgress {
  /** What is sent, as the hooks have left it; undefined as long as nothing is going to be. */
  request: HttpRequest | undefined
}

/** Makes one send: asks the circuit breaker, opens the time window, runs the hooks, and tells the breaker how it went. */
export function sendAttempt(config: ResolvedConfig, journey: Journey): Send {
  const hooks = config.hooks.filter((hook) => hook.beforeRequest !== undefined)
  const mayBeChanged = hooks.length > 0 || config.middleware.length > 0

  const passOnFor = (call: Call) => (given: HttpRequest) => passedOnRequest(given, call, config.baseUrl, 'hooks')

  return async (request, call, replacement, progress) => {
    call.throwIfCancelled()
    const record = admit(call)
    const attempt = new Attempt(call)
    let outcome: Outcome = 'ignored'
    let status: number | undefined
    let failure: unknown
    const listeners: SendListener[] | undefined = hooks.length === 0 ? undefined : []
    try {
      const unsent = call.settings.madeBody?.unsent(request) ?? request
      const numbered = unsent.attempt === call.attempts + 1 ? unsent : { ...unsent, attempt: call.attempts + 1 }
      if (progress !== undefined) progress.request = numbered
      const hooking = listeners === undefined ? numbered : beforeRequest(hooks, numbered, attempt, listeners, passOnFor(call))
      const prepared = hooking instanceof Promise ? await hooking : hooking
      if (progress !== undefined) progress.request = prepared
      if (mayBeChanged) {
        call.sent = { method: prepared.method, isIdempotent: isIdempotent(prepared) }
        // A hook's does not take the place of a middleware's: who has aborted that one waits no more.
        for (const signal of new Set([call.ownSignalOf(request), call.ownSignalOf(prepared)]))
          if (signal !== undefined) attempt.heed(signal)
      }
      const arrival = await journey(prepared, call, attempt, replacement)
      const { answer, method, url, token } = arrival
      status = answer.status
      outcome = status >= 500 ? 'failure' : 'success'
      const body =
        answer.body === null ? emptyStream(prepared, answer) : streamedBody(answer.body, status, arrival, call, attempt)
      return new ClientResponse(method, url, answer, body, call, token)
    } catch (error) {
      failure = error
      if (attempt.phase !== 'token') outcome = outcomeOfError(error, call)
      throw error
    } finally {
      if (!attempt.isStreaming) attempt.end()
      try {
        if (listeners !== undefined) for (const listener of listeners) letGo(listener({ status, error: failure }))
      } finally {
        // Last, because breakers may be users' own, and throw.
        record?.(outcome)
      }
    }
  }
}

/** What was to be streamed and is empty is read already: it holds nothing open. */
function emptyStream({ stream, method }: HttpRequest, { status, bytes }: TransportAnswer): ReadableStream<never> | null {
  const mayHaveOne = stream && method !== 'HEAD' && bytes?.byteLength === 0 && !isBodyless(status)
  return mayHaveOne ? new ReadableStream({ start: (controller) => controller.close() }) : null
}

/**
 * Gives a promise only if a hook does: else closing the client would take the turn that it costs for a wait. What each hook has made of
 * the request goes through `passOn`, because the next one reads it, too.
 */
function beforeRequest(
  hooks: readonly Hooks[],
  request: HttpRequest,
  attempt: Attempt,
  listeners: SendListener[],
  passOn: (given: HttpRequest) => HttpRequest,
): HttpRequest | Promise<HttpRequest> {
  const whenSent = (listener: SendListener): void => void listeners.push(listener)
  let current = request
  for (const [index, hook] of hooks.entries()) {
    if (attempt.interrupted) throw attempt.reason
    const replacement = hook.beforeRequest?.(current, whenSent)
    if (isPromise(replacement)) {
      attempt.waitsFor = 'a hook'
      // A hook may end the call before its own first wait.
      if (attempt.interrupted) letGo(replacement)
      return attempt
        .wait(() => replacement)
        .then((replaced) => {
          attempt.waitsFor = undefined
          return beforeRequest(hooks.slice(index + 1), passOn(replaced ?? current), attempt, listeners, passOn)
        })
    }
    current = passOn(replacement ?? current)
  }
  return current
}
