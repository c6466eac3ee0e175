import { ConfigurationError } from './errors/configuration-error.ts'
import type { HttpMethod, HttpRequestBody } from './handler.ts'
import { checkHeaderValue } from './header-checks.ts'
import {
  checkCount,
  checkDuration,
  checkNames,
  checkSignal,
  checkType,
  classOf,
  isOptionBag,
  kindOf,
  shown,
} from './option-checks.ts'
import type { Params } from './params.ts'
import { type BodyOptions, isBody, takesBody } from './request-body.ts'
import { checkRetryStrategy, type RetryStrategy } from './retry-strategy.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'
import type { ProgressListener } from './transfer-progress.ts'

/** What every request may be given. */
export interface CommonRequestOptions {
  /** Added to the URL's query. */
  readonly params?: Params | undefined
  /** Headers of this request; they win over the client's. An `authorization` here means that no token is fetched. */
  readonly headers?: Readonly<Record<string, string | undefined>> | Headers | undefined
  /** For each send, its body included, in milliseconds; 0 means none. @default the client's, 30_000 */
  readonly timeoutMs?: number | undefined
  /** For all sends and waits together, in milliseconds; 0 means none. @default the client's, none */
  readonly totalTimeoutMs?: number | undefined
  /** Ends the request at once with the signal's own reason. */
  readonly signal?: AbortSignal | undefined
  /** Whether 4xx and 5xx reject. @default the client's, true */
  readonly throwHttpErrors?: boolean | undefined
  /** Decides about retries of this request; false: none. @default the client's, none */
  readonly retryStrategy?: RetryStrategy | false | undefined
  /** `false`: no token, and no other `authorization`. */
  readonly auth?: false | undefined
  /** Resolve at the headers and read the body as a stream. @default false */
  readonly stream?: boolean | undefined
  /** Sent as `Idempotency-Key`; makes any method one that may be retried. */
  readonly idempotencyKey?: string | undefined
  /** The longest body to be read, in bytes. @default the client's, no limit */
  readonly maxResponseBytes?: number | undefined
  /** Told how much of the body was sent, anew for each send. */
  readonly onUploadProgress?: ProgressListener | undefined
  /** Told how much of the response's body has come. */
  readonly onDownloadProgress?: ProgressListener | undefined
}

interface NoBody {
  readonly json?: undefined
  readonly form?: undefined
  readonly body?: undefined
}
interface JsonBody {
  /** Sent as JSON. */
  readonly json: unknown
  readonly form?: undefined
  readonly body?: undefined
}
interface FormBody {
  readonly json?: undefined
  /** Sent as `application/x-www-form-urlencoded`. */
  readonly form: Params
  readonly body?: undefined
}
interface RawBody {
  readonly json?: undefined
  readonly form?: undefined
  /** Sent as it is; a function is called anew for each send, a stream is sent once. */
  readonly body: HttpRequestBody | (() => HttpRequestBody)
}

/** Options of a request without a body. */
export type ReadOptions = CommonRequestOptions & NoBody & { readonly schema?: undefined }
/** Options of a request that may have a body: one of `json`, `form`, `body`. */
export type WriteOptions = CommonRequestOptions & (NoBody | JsonBody | FormBody | RawBody) & { readonly schema?: undefined }
/** The same options with a schema that checks and types `json()`. */
export type Schemed<O, S> = Omit<O, 'schema'> & { readonly schema: S }
/** As `WriteOptions`, with a schema. */
export type WithSchema<S> = CommonRequestOptions & (NoBody | JsonBody | FormBody | RawBody) & { readonly schema: S }
/** As `ReadOptions`, with a schema. */
export type ReadWithSchema<S> = CommonRequestOptions & NoBody & { readonly schema: S }

/** All of them, as the client takes them in. */
export interface RequestOptions extends CommonRequestOptions, BodyOptions {
  readonly schema?: StandardSchemaV1 | undefined
}

const names: ReadonlySet<string> = new Set<keyof RequestOptions>([
  'params',
  'headers',
  'json',
  'form',
  'body',
  'timeoutMs',
  'totalTimeoutMs',
  'signal',
  'schema',
  'throwHttpErrors',
  'retryStrategy',
  'auth',
  'stream',
  'idempotencyKey',
  'maxResponseBytes',
  'onUploadProgress',
  'onDownloadProgress',
])

/** @throws ConfigurationError that names the option and says what it wants */
export function checkRequestOptions(options: RequestOptions, method: HttpMethod): void {
  if (!isOptionBag(options)) {
    const meant = meantOption(options)
    const hint = meant === undefined ? '' : `; did you mean to give it as \`${meant}\`?`
    throw new ConfigurationError(`the request's options must be an object (got ${kindOf(options)})${hint}`)
  }
  checkNames(options, names, takesBody(method) ? 'json' : 'params')
  checkDuration('timeoutMs', options.timeoutMs)
  checkDuration('totalTimeoutMs', options.totalTimeoutMs)
  checkCount('maxResponseBytes', options.maxResponseBytes, 1)
  checkType('throwHttpErrors', options.throwHttpErrors, 'boolean')
  checkType('stream', options.stream, 'boolean')
  checkIdempotencyKey(options.idempotencyKey)
  checkType('onUploadProgress', options.onUploadProgress, 'function')
  checkType('onDownloadProgress', options.onDownloadProgress, 'function')
  checkSpecial(options)
  const bodies = (['json', 'form', 'body'] as const).filter((name) => options[name] !== undefined)
  if (bodies.length > 1) throw new ConfigurationError(`${bodies.join(' and ')} cannot be given together: a request has one body`)
}

/** What stands where the options should: mostly a body, as other libraries take it there. */
function meantOption(given: unknown): string | undefined {
  const name = classOf(given)
  if (name === 'URLSearchParams') return 'form'
  if (name === 'Headers') return 'headers'
  if (name === 'AbortSignal') return 'signal'
  if (isBody(given)) return 'body'
  return Array.isArray(given) || name === 'Map' ? 'json' : undefined
}

function checkSpecial({ signal, retryStrategy, auth, schema }: RequestOptions): void {
  if (signal !== undefined) checkSignal('signal', signal)
  if (retryStrategy !== undefined && retryStrategy !== false)
    checkRetryStrategy('retryStrategy', retryStrategy, 'a retry strategy or false')
  if (auth !== undefined && auth !== false)
    throw new ConfigurationError(`auth must be false or left out (got ${kindOf(auth)})`, { option: 'auth' })
  if (schema !== undefined && typeof (schema as Partial<StandardSchemaV1> | null)?.['~standard']?.validate !== 'function') {
    throw new ConfigurationError(`schema must be a Standard Schema (got ${kindOf(schema)})`, { option: 'schema' })
  }
}

function checkIdempotencyKey(key: string | undefined): void {
  if (key === undefined) return
  checkType('idempotencyKey', key, 'string')
  checkHeaderValue('idempotencyKey', 'idempotency-key', key)
  if (key.trim() === '') throw new ConfigurationError('idempotencyKey must not be empty', { option: 'idempotencyKey' })
}

const methods: ReadonlySet<string> = new Set<HttpMethod>(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])

/** The method in upper case. @throws ConfigurationError */
export function checkMethod(method: unknown): HttpMethod {
  const upper = typeof method === 'string' ? method.toUpperCase() : undefined
  if (upper !== undefined && methods.has(upper)) return upper as HttpMethod // the set holds nothing else
  throw new ConfigurationError(`method must be one of ${[...methods].join(', ')} (got ${shown(method)})`, { option: 'method' })
}
