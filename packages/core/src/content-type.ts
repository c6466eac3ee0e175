import type { HttpRequestBody } from './handler.ts'

/** The content type that a body brings with it, as fetch has it. */
export function contentTypeOf(body: HttpRequestBody): string | undefined {
  if (typeof body === 'string') return 'text/plain;charset=UTF-8'
  if (body instanceof URLSearchParams) return 'application/x-www-form-urlencoded;charset=UTF-8'
  return body instanceof Blob && body.type !== '' ? body.type : undefined
}
