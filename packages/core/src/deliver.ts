import type { CallHandler } from './call.ts'
import type { HttpResponse } from './handler.ts'
import { isPromise } from './is-promise.ts'
import type { ResolvedConfig } from './resolve-config.ts'

/** Shows `afterResponse` what is delivered, 4xx and 5xx too; a hook may replace it. */
export function deliver(config: ResolvedConfig, next: CallHandler): CallHandler {
  const hooks = config.hooks.filter((hook) => hook.afterResponse !== undefined)
  if (hooks.length === 0) return next

  return async (request, call) => {
    let response: HttpResponse = await next(request, call)
    for (const hook of hooks) {
      const replacement = hook.afterResponse?.(response, request)
      response = (isPromise(replacement) ? await call.race(replacement) : replacement) ?? response
    }
    return response
  }
}
