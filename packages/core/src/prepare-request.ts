import { Call, CallContext, type CallSettings } from './call.ts'
import type { HeaderMap, HttpMethod, HttpRequest } from './handler.ts'
import { readHeaders } from './header-checks.ts'
import { encodeBody } from './request-body.ts'
import type { RequestOptions } from './request-options.ts'
import type { ResolvedConfig } from './resolve-config.ts'
import { BufferedBody, StreamedBody } from './transport/body-rules.ts'
import { resolveUrl } from './url.ts'

/** A request ready to enter the onion, and the call that it belongs to. */
export interface PreparedRequest {
  readonly call: Call
  readonly request: HttpRequest
}

const idempotentMethods = new Set<HttpMethod>(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Turns what the caller gave into an immutable request and the decisions for its call. */
export function prepareRequest(
  config: ResolvedConfig,
  method: HttpMethod,
  url: string | URL,
  options: RequestOptions,
): PreparedRequest {
  const target = resolveUrl(config.baseUrl, url, options.params)
  const { headers: bodyHeaders, body, bodyFactory, replayable } = encodeBody(options)
  const headers = mergedHeaders(config.defaultHeaders, bodyHeaders, options)
  const settings = callSettings(config, options, bodyFactory, idempotentMethods.has(method) || 'idempotency-key' in headers)
  const call = new Call({ method, url: target }, settings, config.clock)
  const request: HttpRequest = {
    method,
    url: target,
    headers,
    body,
    replayable,
    stream: options.stream === true,
    signal: isWatched(config) ? call.signal : neverAborted,
    attempt: 1,
    context: new CallContext(call),
  }
  return { call, request }
}

const neverAborted = new AbortController().signal

/** Making a signal costs as much as all the rest here; without middleware and hooks nobody can see it. */
function isWatched({ middleware, hooks }: ResolvedConfig): boolean {
  return middleware.length > 0 || hooks.length > 0
}

function callSettings(
  config: ResolvedConfig,
  options: RequestOptions,
  bodyFactory: CallSettings['bodyFactory'],
  isIdempotent: boolean,
): CallSettings {
  const throwHttpErrors = options.throwHttpErrors ?? config.throwHttpErrors
  const maxResponseBytes = options.maxResponseBytes ?? config.maxResponseBytes
  return {
    timeoutMs: options.timeoutMs ?? config.timeoutMs,
    retryStrategy: options.retryStrategy === false ? undefined : (options.retryStrategy ?? config.retryStrategy),
    throwHttpErrors,
    usesToken: options.auth !== false,
    isIdempotent,
    schema: options.schema,
    onUploadProgress: options.onUploadProgress,
    onDownloadProgress: options.onDownloadProgress,
    bodyFactory,
    bodyRules:
      options.stream === true
        ? new StreamedBody(maxResponseBytes, throwHttpErrors, config.redirects.follow)
        : new BufferedBody(maxResponseBytes, throwHttpErrors),
  }
}

function mergedHeaders(defaults: HeaderMap, bodyHeaders: HeaderMap, { headers, idempotencyKey }: RequestOptions): HeaderMap {
  const merged = { ...defaults, ...bodyHeaders }
  if (headers !== undefined) Object.assign(merged, readHeaders('headers', headers))
  if (idempotencyKey !== undefined) Object.assign(merged, { 'idempotency-key': idempotencyKey })
  return merged
}
