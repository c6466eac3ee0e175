import type { Call } from './call.ts'
import { ConfigurationError } from './errors/configuration-error.ts'
import type { HttpRequest } from './handler.ts'

/** `request.context`: a map for hooks and middleware, and the thread by which inner layers find the call again. */
export class CallContext extends Map<string, unknown> {
  readonly #call: Call

  constructor(call: Call) {
    super()
    this.#call = call
  }

  static callOf(request: HttpRequest): Call {
    // Other libraries' `next()` takes nothing, and JavaScript lets one write that here.
    if (typeof request !== 'object' || request === null)
      throw new ConfigurationError('a middleware passed on no request: write next(request)', { option: 'middleware' })
    if (request.context instanceof CallContext) return request.context.#call
    throw new ConfigurationError('a middleware passed on a request without its `context`: spread the request that it was given')
  }
}
