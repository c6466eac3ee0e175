/** The methods that the client sends. */
export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'

/** Header names in lower case to values. */
export type HeaderMap = Readonly<Record<string, string>>

/** What can be sent as a body. */
export type HttpRequestBody = string | Uint8Array<ArrayBuffer> | Blob | FormData | URLSearchParams | ReadableStream<Uint8Array>

/** One request on its way through the layers: immutable, replaced and never changed. */
export interface HttpRequest {
  readonly method: HttpMethod
  /** Absolute. */
  readonly url: string
  readonly headers: HeaderMap
  readonly body?: HttpRequestBody | undefined
  /** Whether the body can be sent a second time. */
  readonly replayable: boolean
  /** Whether the caller reads the body as a stream. */
  readonly stream: boolean
  /** Aborted when the call is over before its time. Another that hooks or middleware put in its place ends this request, too. */
  readonly signal: AbortSignal
  /** 1 for the first send. */
  readonly attempt: number
  /** A place for hooks and middleware to keep things for the length of one call. */
  readonly context: Map<string, unknown>
}

/** What a request resolves to. */
export interface HttpResponse {
  readonly status: number
  /** True for 200 to 299. */
  readonly ok: boolean
  readonly headers: Headers
  /** The URL that answered, after redirects. */
  readonly url: string
  /** How many times the request was sent. */
  readonly attempts: number
  /** From the call to the end of the body (with `stream`, to the headers), in milliseconds. */
  readonly elapsedMs: number
  /** The body with `{ stream: true }`; null otherwise. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null
  /** The body as JSON. @throws ResponseParseError if it is empty or no JSON; SchemaValidationError if it does not match the schema */
  json<T = unknown>(): Promise<T>
  /** The body as text, decoded by the response's charset. */
  text(): Promise<string>
  /** The body as it is, decompressed. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>
}

/** A response whose `json()` was checked by a schema. */
export interface TypedHttpResponse<T> extends Omit<HttpResponse, 'json'> {
  json(): Promise<T>
}

/** One layer: takes a request to its response. */
export type Handler = (request: HttpRequest) => Promise<HttpResponse>

/** Wraps a layer around the next one. */
export type Middleware = (next: Handler) => Handler

/** A response on its way, with shortcuts to its body. */
export interface ResponsePromise extends Promise<HttpResponse> {
  json<T = unknown>(): Promise<T>
  text(): Promise<string>
  bytes(): Promise<Uint8Array<ArrayBuffer>>
}

/** A schema-checked response on its way, with shortcuts to its body. */
export interface TypedResponsePromise<T> extends Promise<TypedHttpResponse<T>> {
  json(): Promise<T>
  text(): Promise<string>
  bytes(): Promise<Uint8Array<ArrayBuffer>>
}
