import type { HeaderMap, HttpRequestBody } from '../handler.ts'

const encoder = new TextEncoder()

/** A body as transports take it: text becomes bytes, so that nothing below guesses a content type from it. So does an empty file. */
export function wireBody(body: HttpRequestBody | undefined): Exclude<HttpRequestBody, string> | undefined {
  if (typeof body === 'string') return encoder.encode(body)
  if (body instanceof Blob && body.size === 0) return new Uint8Array()
  return body instanceof URLSearchParams ? encoder.encode(body.toString()) : body
}

/** How many bytes a body is; undefined for a stream. */
export function wireLength(body: ReturnType<typeof wireBody>): number | undefined {
  if (body instanceof Uint8Array) return body.byteLength
  return body instanceof Blob ? body.size : undefined
}

/**
 * Some fetches send the right length, some wait for ever, and undici refuses it, in these words, where it looks.
 *
 * @throws Error if the headers tell another length than the body's
 */
export function checkLength(body: ReturnType<typeof wireBody>, headers: HeaderMap): void {
  const told = headers['content-length']
  const length = told === undefined ? undefined : wireLength(body)
  if (length === undefined || Number(told) === length) return
  const code = 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'
  throw Object.assign(new Error('Request body length does not match content-length header'), { code })
}
