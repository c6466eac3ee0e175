import type { CallHandler } from './call.ts'
import { isResponse, noResponse } from './given-response.ts'
import type { HttpResponse } from './handler.ts'
import { isPromise } from './is-promise.ts'
import type { ResolvedConfig } from './resolve-config.ts'

const hint = 'it may return another response, or nothing at all'

/** Shows `afterResponse` what is delivered, 4xx and 5xx too; a hook may replace it. */
export function deliver(config: ResolvedConfig, next: CallHandler): CallHandler {
  const hooks = config.hooks.filter((hook) => hook.afterResponse !== undefined)
  if (hooks.length === 0) return next

  return async (request, call) => {
    let response: HttpResponse = await next(request, call)
    for (const hook of hooks) {
      const replacement = hook.afterResponse?.(response, request)
      const given = isPromise(replacement) ? await call.race(replacement) : replacement
      if (given === undefined || given === null) continue
      if (!isResponse(given)) throw call.failedWith(noResponse(given, 'hooks', 'an afterResponse hook', hint))
      response = given
    }
    return response
  }
}
