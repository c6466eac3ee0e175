import type { Call } from './call.ts'
import type { HttpRequest } from './handler.ts'
import { readHeaders } from './header-checks.ts'
import { checkBody } from './request-body.ts'
import { checkMethod } from './request-options.ts'
import { type BaseUrl, resolveUrl } from './url.ts'

/**
 * A request as hooks and middleware have passed it on: what they changed is checked and normalised like what callers give, because
 * credentials and exclusions are decided on it.
 *
 * @throws ConfigurationError
 */
export function passedOnRequest(request: HttpRequest, call: Call, baseUrl: BaseUrl | undefined): HttpRequest {
  const { url, method, headers, body, replayable } = request
  return {
    ...request,
    body: body === undefined || body === null ? undefined : checkBody(body, 'the body that a hook or middleware gives'),
    replayable: replayable && !(body instanceof ReadableStream),
    url: url === call.request.url ? url : resolveUrl(baseUrl, url, undefined),
    method: checkMethod(method),
    headers: readHeaders('headers', headers),
  }
}
