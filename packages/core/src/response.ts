import { afterCall } from './after-call.ts'
import type { Call } from './call.ts'
import { discardStream } from './discard-stream.ts'
import type { HttpStatusError } from './errors/http-status-error.ts'
import { ResponseParseError, SchemaValidationError } from './errors/response-errors.ts'
import type { HttpMethod, HttpResponse } from './handler.ts'
import { inspection } from './inspection.ts'
import { isPromise } from './is-promise.ts'
import { redactedRequest } from './redacted-request.ts'
import { redactUrl } from './redaction.ts'
import { decodedText, decodedTextOrUtf8, jsonText } from './response-text.ts'
import { jsonIn, statusError } from './status-error.ts'
import type { AccessToken } from './token-source.ts'
import type { AnswerHeaders, TransportAnswer } from './transport/transport.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** The client's own response: everything costly in it is made when it is first asked for. */
export class ClientResponse implements HttpResponse {
  readonly method: HttpMethod
  readonly status: number
  readonly ok: boolean
  readonly url: string
  readonly attempts: number
  readonly elapsedMs: number
  readonly body: ReadableStream<Bytes> | null
  readonly #answer: TransportAnswer
  readonly #call: Call
  readonly #token: AccessToken | undefined
  #headers: Headers | undefined
  #bytes: Bytes | Promise<Bytes> | undefined

  constructor(
    method: HttpMethod,
    url: string,
    answer: TransportAnswer,
    body: ReadableStream<Bytes> | null,
    call: Call,
    token: AccessToken | undefined,
  ) {
    this.method = method
    this.status = answer.status
    this.ok = answer.status >= 200 && answer.status < 300
    this.url = url
    this.attempts = call.attempts
    this.elapsedMs = call.elapsedMs
    this.body = body
    this.#answer = answer
    this.#call = call
    this.#token = token
    this.#bytes = answer.bytes
  }

  static {
    Object.defineProperty(this.prototype, inspection, { value: this.prototype.toJSON })
  }

  /** The token that this response answers; not a property, so that no inspection of a response shows it. */
  static tokenOf(response: ClientResponse): AccessToken | undefined {
    return response.#token
  }

  /** The URL that was asked for, before any redirect. */
  static requestedUrlOf(response: ClientResponse): string {
    return response.#call.request.url
  }

  /** Where relative URLs of the client that asked lead. */
  static baseOriginOf(response: ClientResponse): string | undefined {
    return response.#call.settings.baseOrigin
  }

  get headers(): Headers {
    this.#headers ??= this.#answer.toHeaders()
    return this.#headers
  }

  /** The headers without making a `Headers` of them. */
  get rawHeaders(): AnswerHeaders {
    return this.#answer.headers
  }

  /** The body as text, where it is in memory; else empty. */
  get bufferedText(): string {
    return this.#bytes instanceof Uint8Array ? decodedTextOrUtf8(this.#bytes, this.#contentType) : ''
  }

  /** How many bytes of the body are in memory. */
  get bufferedLength(): number {
    return this.#bytes instanceof Uint8Array ? this.#bytes.byteLength : 0
  }

  /** The body parsed, where it is in memory and JSON. */
  get parsedData(): unknown {
    return jsonIn(this.bufferedText, this.#contentType)
  }

  /** The error that this response's status means. */
  statusError(): HttpStatusError {
    return statusError({ method: this.method, response: this, body: this.bufferedText, now: this.#call.clock.now() })
  }

  async bytes(): Promise<Bytes> {
    return new Uint8Array(await this.#wholeBody())
  }

  async text(): Promise<string> {
    const bytes = await this.#wholeBody()
    return decodedText(bytes, this.#contentType) ?? this.#fail('the charset of the body is unknown')
  }

  async json<T = unknown>(): Promise<T> {
    // Without a schema, the caller says what it is; with one, the overloads of the client's methods do.
    return (await this.readJson()) as T
  }

  /** As `json()`, but without a promise where nothing has to be waited for: for whoever is in a promise already. */
  readJson(): unknown {
    return this.#bytes instanceof Uint8Array ? this.#jsonIn(this.#bytes) : this.#wholeBody().then((bytes) => this.#jsonIn(bytes))
  }

  #jsonIn(bytes: Bytes): unknown {
    const { schema } = this.#call.settings
    if (schema !== undefined && !this.ok) throw this.statusError()
    const value = this.#parsed(jsonText(bytes, this.#answer))
    return schema === undefined ? value : this.#validated(value)
  }

  /** What inspections and logs show: headers and bodies may hold secrets, and so may queries. */
  toJSON(): object {
    const { method, status, ok, url, attempts, elapsedMs } = this
    return { method, status, ok, url: redactUrl(url), attempts, elapsedMs }
  }

  /** Gives up a streamed body that nobody will read. */
  async discard(): Promise<void> {
    if (this.body !== null) await discardStream(this.body, this.#call.clock)
  }

  get #contentType(): string | null {
    return this.#answer.headers.get('content-type')
  }

  async #wholeBody(): Promise<Bytes> {
    this.#bytes ??= wholeStream(this.#unreadBody())
    this.#bytes = await this.#bytes
    return this.#bytes
  }

  #unreadBody(): Response {
    try {
      return new Response(this.body)
    } catch {
      // Locked, or read in part: the platforms say so in different words.
      return this.#fail('the body is being read as a stream already')
    }
  }

  #parsed(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (error) {
      if (text.trim() === '') return this.#fail('the body is empty where JSON was expected')
      // V8's message quotes the body; only the place is safe to repeat.
      const position = /position \d+/.exec(error instanceof Error ? error.message : '')?.[0]
      return this.#fail(`the body is not valid JSON${position === undefined ? '' : ` (at ${position})`}`)
    }
  }

  async #validated(value: unknown): Promise<unknown> {
    const validation = this.#call.settings.schema?.['~standard'].validate(value)
    const result = isPromise(validation) ? await afterCall(validation, this.#call) : validation
    if (result === undefined || result.issues === undefined) return result?.value
    const { issues } = result
    const request = redactedRequest(this)
    const message = `${request.method} ${request.url}: the body of the ${this.status} does not match the schema (${issues.length} issues)`
    throw new SchemaValidationError(message, { issues, request, attempts: this.attempts })
  }

  #fail(what: string): never {
    const request = redactedRequest(this)
    const message = `${request.method} ${request.url}: ${what} (status ${this.status})`
    throw new ResponseParseError(message, { status: this.status, request, attempts: this.attempts })
  }
}

async function wholeStream(response: Response): Promise<Bytes> {
  return new Uint8Array(await response.arrayBuffer())
}
