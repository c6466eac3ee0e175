import type { CallHandler } from './call.ts'
import { CallContext } from './call-context.ts'
import type { Handler } from './handler.ts'
import type { ResolvedConfig } from './resolve-config.ts'

/** Sends requests through the layers of the user, the first added outermost; an abort ends the wait for them at once. */
export function throughMiddleware({ middleware }: ResolvedConfig, next: CallHandler): CallHandler {
  if (middleware.length === 0) return next
  const innermost: Handler = (request) => next(request, CallContext.callOf(request))
  const wrapped = middleware.reduceRight((inner, layer) => layer(inner), innermost)
  return (request, call) => call.race(wrapped(request))
}
