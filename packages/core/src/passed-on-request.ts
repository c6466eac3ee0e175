import type { Call } from './call.ts'
import { ConfigurationError } from './errors/configuration-error.ts'
import type { HttpMethod, HttpRequest, HttpRequestBody } from './handler.ts'
import { readHeaders } from './header-checks.ts'
import { checkSignal, kindOf } from './option-checks.ts'
import { checkBody, noBodyOf, takesBody } from './request-body.ts'
import { checkMethod } from './request-options.ts'
import { type BaseUrl, resolveUrl } from './url.ts'

/**
 * A request as hooks and middleware have passed it on: what they changed is checked and normalised like what callers give, because
 * credentials and exclusions are decided on it.
 *
 * @throws ConfigurationError
 */
export function passedOnRequest(
  request: HttpRequest,
  call: Call,
  baseUrl: BaseUrl | undefined,
  option: 'hooks' | 'middleware',
): HttpRequest {
  if (!isRequest(request)) {
    const said = option === 'hooks' ? 'a beforeRequest hook gave' : 'a middleware passed on'
    throw new ConfigurationError(`${said} no request (got ${kindOf(request)}): spread the request that it was given`, { option })
  }
  const { url, headers, replayable, signal } = request
  if (signal !== undefined) checkSignal('signal', signal)
  const method = checkMethod(request.method)
  const body = passedOnBody(request, method, call)
  return {
    ...request,
    body,
    replayable: replayable && (!(body instanceof ReadableStream) || isMade(body, call)),
    url: url === call.request.url ? url : resolveUrl(baseUrl, url, undefined),
    method,
    headers: readHeaders('headers', headers),
  }
}

/** JavaScript lets a hook give anything at all, such as what `push()` gives. Of a request that lacks a member, that member is told. */
function isRequest(given: unknown): given is HttpRequest {
  const { method, url } = (given ?? {}) as Partial<HttpRequest>
  return method !== undefined || url !== undefined
}

function passedOnBody({ body }: HttpRequest, method: HttpMethod, call: Call): HttpRequestBody | undefined {
  if (body === undefined || body === null) return undefined
  const what = 'the body that a hook or middleware gives'
  if (!takesBody(method)) throw noBodyOf(method, what)
  // One that was sent before is locked, and made anew for the next send.
  return isMade(body, call) ? body : checkBody(body, what)
}

function isMade(body: HttpRequestBody, { settings }: Call): boolean {
  return settings.madeBody?.has(body) === true
}
