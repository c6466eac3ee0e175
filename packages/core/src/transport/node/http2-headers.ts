import { errors } from 'undici'
import type { HeaderMap } from '../../handler.ts'

/**
 * HTTP/2 has no headers about a single connection (RFC 9113 section 8.2.2). undici itself refuses most; at these Node throws where nobody can
 * catch it.
 *
 * @throws what undici throws at the others
 */
export function refuseConnectionHeaders(headers: HeaderMap): void {
  for (const name of ['te', 'proxy-connection', 'http2-settings']) {
    const value = headers[name]
    if (value === undefined || (name === 'te' && value === 'trailers')) continue
    throw new errors.InvalidArgumentError(`invalid ${name} header for HTTP/2`)
  }
}
