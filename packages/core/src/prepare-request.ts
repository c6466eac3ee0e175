import { Call } from './call.ts'
import { CallContext } from './call-context.ts'
import type { CallSettings } from './call-settings.ts'
import type { HeaderMap, HttpMethod, HttpRequest } from './handler.ts'
import { readHeaders } from './header-checks.ts'
import { isIdempotent } from './idempotency.ts'
import { MadeBody } from './made-body.ts'
import { encodeBody, noBody, noBodyOf, takesBody } from './request-body.ts'
import type { RequestOptions } from './request-options.ts'
import type { ResolvedConfig } from './resolve-config.ts'
import { TimeLimits } from './time-limit.ts'
import { BufferedBody, StreamedBody } from './transport/body-rules.ts'
import { UnsentStreams } from './unsent-streams.ts'
import { originOf, resolveUrl } from './url.ts'

/** A request ready to enter the onion, and the call that it belongs to. */
export interface PreparedRequest {
  readonly call: Call
  readonly request: HttpRequest
}

const bodyOptions = ['json', 'form', 'body'] as const
const neverAborted = new AbortController().signal

/** Turns what callers give into immutable requests, and into the decisions for their calls. */
export class RequestPreparer {
  readonly #config: ResolvedConfig
  readonly #isWatched: boolean
  /** The decisions for a plain `get(url)`, made once: most requests are no more than that. */
  readonly #plainSettings: CallSettings
  readonly #limits: TimeLimits
  readonly #unseen: HttpRequest['context'] = new Map()

  constructor(config: ResolvedConfig) {
    this.#config = config
    this.#limits = new TimeLimits(config.clock)
    this.#isWatched = config.middleware.length > 0 || config.hooks.length > 0
    this.#plainSettings = callSettings(config, this.#limits, {}, true)
  }

  prepare(method: HttpMethod, url: string | URL, options: RequestOptions | undefined): PreparedRequest {
    const { baseUrl, defaultHeaders, clock } = this.#config
    const target = resolveUrl(baseUrl, url, options?.params)
    if (options !== undefined && !takesBody(method)) checkHasNoBody(method, options)
    const { headers: bodyHeaders, body, bodyFactory, replayable } = options === undefined ? noBody : encodeBody(options)
    const unsent = bodyFactory !== undefined || body instanceof ReadableStream ? new UnsentStreams() : undefined
    if (body !== undefined) unsent?.add(body)
    const madeBody = bodyFactory && unsent && new MadeBody(bodyFactory, unsent)
    const headers =
      options === undefined ? defaultHeaders : mergedHeaders(defaultHeaders, this.#typed(target, bodyHeaders), options)
    const mayBeRepeated = isIdempotent({ method, headers })
    const isPlain = options === undefined && mayBeRepeated
    const settings = isPlain
      ? this.#plainSettings
      : callSettings(this.#config, this.#limits, options ?? {}, mayBeRepeated, madeBody, unsent)
    const call = new Call({ method, url: target }, settings, clock)
    const request: HttpRequest = {
      method,
      url: target,
      headers,
      body,
      replayable,
      stream: options?.stream === true,
      // Making a signal costs as much as all the rest here, and a map not much less; without middleware and hooks nobody can see them.
      signal: this.#isWatched ? call.signal : neverAborted,
      attempt: 1,
      context: this.#isWatched ? new CallContext(call) : this.#unseen,
    }
    // Not made before somebody wants it: what is answered by a middleware needs no body.
    if (madeBody !== undefined) Object.defineProperty(request, 'body', { get: () => madeBody.first, enumerable: true })
    return { call, request }
  }

  /** The client's own content type is meant for every body, and goes only where all of its own headers go. */
  #typed(url: string, bodyHeaders: HeaderMap): HeaderMap {
    const own = this.#config.credentialHeaders['content-type']
    const isOwn = own !== undefined && 'content-type' in bodyHeaders && this.#config.isTrustedOrigin(originOf(url))
    return isOwn ? { ...bodyHeaders, 'content-type': own } : bodyHeaders
  }
}

function callSettings(
  config: ResolvedConfig,
  limits: TimeLimits,
  options: RequestOptions,
  mayBeRepeated: boolean,
  madeBody?: MadeBody | undefined,
  unsentStreams?: UnsentStreams | undefined,
): CallSettings {
  const throwHttpErrors = options.throwHttpErrors ?? config.throwHttpErrors
  const maxResponseBytes = options.maxResponseBytes ?? config.maxResponseBytes
  return {
    baseOrigin: config.baseUrl?.origin,
    timeLimit: limits.of(options.timeoutMs ?? config.timeoutMs),
    retryStrategy: options.retryStrategy === false ? undefined : (options.retryStrategy ?? config.retryStrategy),
    throwHttpErrors,
    usesToken: options.auth !== false,
    isIdempotent: mayBeRepeated,
    schema: options.schema,
    signal: options.signal,
    onUploadProgress: options.onUploadProgress,
    onDownloadProgress: options.onDownloadProgress,
    madeBody,
    unsentStreams,
    bodyRules:
      options.stream === true
        ? new StreamedBody(maxResponseBytes, throwHttpErrors)
        : new BufferedBody(maxResponseBytes, throwHttpErrors),
  }
}

function checkHasNoBody(method: HttpMethod, options: RequestOptions): void {
  for (const option of bodyOptions) if (options[option] !== undefined) throw noBodyOf(method, option)
}

function mergedHeaders(defaults: HeaderMap, bodyHeaders: HeaderMap, { headers, idempotencyKey }: RequestOptions): HeaderMap {
  const merged = { ...defaults, ...bodyHeaders }
  if (headers !== undefined) Object.assign(merged, readHeaders('headers', headers))
  if (idempotencyKey !== undefined) Object.assign(merged, { 'idempotency-key': idempotencyKey })
  // Hooks and middleware replace what they want otherwise: what they changed in place would pile up over the sends.
  return Object.freeze(merged)
}
