import {
  BadRequestError,
  ConflictError,
  ForbiddenError,
  HttpStatusError,
  type HttpStatusErrorDetails,
  NotFoundError,
  RateLimitError,
  ServerError,
  UnauthorizedError,
  UnprocessableContentError,
} from './errors/http-status-error.ts'
import type { HttpResponse } from './handler.ts'
import { redactedRequest } from './redacted-request.ts'
import { retryAfterMs } from './retry-after.ts'
import { retryableStatuses } from './retryable-statuses.ts'

type StatusErrorClass = new (message: string, details: HttpStatusErrorDetails) => HttpStatusError

const classes: Readonly<Record<number, StatusErrorClass | undefined>> = {
  400: BadRequestError,
  401: UnauthorizedError,
  403: ForbiddenError,
  404: NotFoundError,
  409: ConflictError,
  422: UnprocessableContentError,
}

/** A response and what could be read of its body. */
export interface AnsweredRequest {
  readonly method: string
  readonly response: Pick<HttpResponse, 'status' | 'headers' | 'url' | 'attempts'>
  readonly body: string
  /** The clock's time, for `Retry-After`. */
  readonly now: number
}

/** The error for an error status. */
export function statusError({ method, response, body, now }: AnsweredRequest): HttpStatusError {
  const { status, headers, url, attempts } = response
  const request = redactedRequest({ method, url })
  const details: HttpStatusErrorDetails = {
    status,
    headers,
    body,
    data: jsonIn(body, headers.get('content-type')),
    attempts,
    request,
    retryable: retryableStatuses.has(status),
  }
  const message = `${method} ${request.url}: answered ${status}`
  if (status === 429) {
    return new RateLimitError(message, { ...details, retryAfterMs: retryAfterMs(headers.get('retry-after'), now) })
  }
  const StatusError = classes[status] ?? (status >= 500 ? ServerError : HttpStatusError)
  return new StatusError(message, details)
}

/** Whatever its content type says, a body that is a JSON object or array is JSON; bare words and numbers are where it says so. */
export function jsonIn(body: string, contentType: string | null): unknown {
  if (!/^\s*[[{"]/.test(body) && !/[/+]json\s*(?:;|$)/i.test(contentType ?? '')) return undefined
  try {
    return JSON.parse(body)
  } catch {
    // Cut at 64 KiB, or no JSON after all: the text is kept beside it.
    return undefined
  }
}
