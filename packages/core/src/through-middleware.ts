import type { CallHandler } from './call.ts'
import { CallContext } from './call-context.ts'
import type { Handler } from './handler.ts'
import { passedOnRequest } from './passed-on-request.ts'
import type { ResolvedConfig } from './resolve-config.ts'

/** Sends requests through the layers of the user, the first added outermost; an abort ends the wait for them at once. */
export function throughMiddleware({ middleware, baseUrl }: ResolvedConfig, next: CallHandler): CallHandler {
  if (middleware.length === 0) return next
  // Here already, because the layers below decide by the request whether it can be sent again.
  const innermost: Handler = async (request) => {
    const call = CallContext.callOf(request)
    return next(passedOnRequest(request, call, baseUrl), call)
  }
  const wrapped = middleware.reduceRight((inner, layer) => layer(inner), innermost)
  return (request, call) => call.race(wrapped(request))
}
