import type { HttpMethod, HttpRequest } from './handler.ts'

const idempotentMethods = new Set<HttpMethod>(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Whether sending it twice does no more than sending it once. @see RFC 9110 section 9.2.2, and draft-ietf-httpapi-idempotency-key-header */
export function isIdempotent({ method, headers }: Pick<HttpRequest, 'method' | 'headers'>): boolean {
  return idempotentMethods.has(method) || (headers['idempotency-key'] ?? '').trim() !== ''
}
