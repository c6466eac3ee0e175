import { CallContext } from './call-context.ts'
import type { Handler, HttpResponse } from './handler.ts'
import { isPromise } from './is-promise.ts'
import type { ResolvedConfig } from './resolve-config.ts'

/** Shows `afterResponse` what is delivered, 4xx and 5xx too; a hook may replace it. */
export function deliver(config: ResolvedConfig, next: Handler): Handler {
  const hooks = config.hooks.filter((hook) => hook.afterResponse !== undefined)
  if (hooks.length === 0) return next

  return async (request) => {
    let response: HttpResponse = await next(request)
    for (const hook of hooks) {
      const replacement = hook.afterResponse?.(response, request)
      response = (isPromise(replacement) ? await CallContext.callOf(request).race(replacement) : replacement) ?? response
    }
    return response
  }
}
