import type { CallHandler } from './call.ts'
import { CallContext } from './call-context.ts'
import { closedCall } from './call-registry.ts'
import { ConfigurationError } from './errors/configuration-error.ts'
import { isResponse, noResponse } from './given-response.ts'
import type { Handler } from './handler.ts'
import { kindOf } from './option-checks.ts'
import { passedOnRequest } from './passed-on-request.ts'
import type { ResolvedConfig } from './resolve-config.ts'
import { untilAborted } from './until-aborted.ts'

/** Sends requests through the layers of the user, the first added outermost; an abort ends the wait for them at once. */
export function throughMiddleware({ middleware, baseUrl }: ResolvedConfig, next: CallHandler): CallHandler {
  if (middleware.length === 0) return next
  // Here already, because the layers below decide by the request whether it can be sent again.
  const innermost: Handler = async (request) => {
    const call = CallContext.callOf(request)
    // A layer may go on after an abort: no body is made for it, which nobody would close.
    call.throwIfCancelled()
    // Or after its call was over: closing has not ended that one, and lets nothing new in.
    if (call.registry?.isClosed === true && !call.registry.has(call)) throw closedCall(call)
    const passedOn = passedOnRequest(request, call, baseUrl, 'middleware')
    return untilAborted(next(passedOn, call), call.ownSignalOf(passedOn))
  }
  const wrapped = middleware.reduceRight((inner, layer) => answering(layer(inner)), innermost)
  return (request, call) => call.race(wrapped(request))
}

/** JavaScript lets a layer answer without a promise, which is as good, and forget to answer at all. @throws ConfigurationError */
function answering(handler: Handler): Handler {
  const option = 'middleware'
  if (typeof handler !== 'function')
    throw new ConfigurationError(`a middleware gave no handler (got ${kindOf(handler)}): write (next) => (request) => …`, {
      option,
    })
  return async (request) => {
    const call = CallContext.callOf(request)
    const given: unknown = await handler(request)
    if (isResponse(given)) return given
    const hint = 'has it forgotten to return what next(request) gives?'
    throw call.failedWith(noResponse(given, option, 'a middleware', hint))
  }
}
