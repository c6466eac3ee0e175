import { createTransport } from '#transport'
import { AbortWatch } from './abort-watch.ts'
import type { CallHandler } from './call.ts'
import { CallRegistry } from './call-registry.ts'
import type { HttpClientConfig } from './config.ts'
import { ClientClosedError } from './errors/client-state-errors.ts'
import { extendConfig } from './extend-config.ts'
import { frozenConfig } from './frozen-config.ts'
import type { HttpMethod, HttpResponse, ResponsePromise } from './handler.ts'
import { buildOnion } from './onion.ts'
import { checkDuration, checkNames, checkType } from './option-checks.ts'
import { RequestPreparer } from './prepare-request.ts'
import {
  type RequestDescription,
  type RequestManyOptions,
  type RequestOutcome,
  requestMany,
  type SendOne,
  type Signals,
} from './request-many.ts'
import type { Read, SendRequest, Write } from './request-methods.ts'
import { checkMethod, checkRequestOptions, type RequestOptions } from './request-options.ts'
import { type ResolvedConfig, resolveConfig } from './resolve-config.ts'
import { withShortcuts } from './response-promise.ts'
import { TotalTime } from './total-time.ts'
import { fetchTransport } from './transport/fetch-transport.ts'
import type { Transport } from './transport/transport.ts'

/** How to close a client. */
export interface CloseOptions {
  /** How long sends in flight may take to finish, in milliseconds. @default 10_000 */
  readonly graceMs?: number | undefined
}

/** What clients made from one another share. */
interface Connections {
  readonly transport: Transport
  readonly calls: CallRegistry
}

/**
 * An HTTP client that knows OAuth2: it gets tokens, shares and replaces them, and keeps them where they belong.
 *
 * @example
 * const client = new HttpClient({ baseUrl: 'https://api.example.com', tokenAuth: { tokenManager } })
 * const users = await client.get('/users').json()
 */
export class HttpClient {
  readonly get: Read = this.#sender('GET')
  readonly head: Read = this.#sender('HEAD')
  readonly options: Read = this.#sender('OPTIONS')
  readonly post: Write = this.#sender('POST')
  readonly put: Write = this.#sender('PUT')
  readonly patch: Write = this.#sender('PATCH')
  readonly delete: Write = this.#sender('DELETE')
  /** Sends a request with a method of your choice. */
  readonly request: SendRequest = ((method: HttpMethod, url: string | URL, options?: RequestOptions) =>
    this.#start(method, url, options)) as SendRequest

  readonly #config: ResolvedConfig
  readonly #aborts = new AbortWatch()
  readonly #preparer: RequestPreparer
  readonly #given: HttpClientConfig
  #connections: Connections
  #ownsTransport: boolean
  #onion: CallHandler | undefined
  #closed: Promise<void> | undefined

  /** @throws ConfigurationError if an option is missing or wrong */
  constructor(config: HttpClientConfig = {}) {
    this.#config = resolveConfig(config)
    this.#preparer = new RequestPreparer(this.#config)
    this.#given = frozenConfig(config)
    const { transport, pool } = this.#config
    this.#ownsTransport = true
    this.#connections = {
      transport: transport === undefined ? createTransport(pool) : fetchTransport(transport),
      calls: new CallRegistry(),
    }
  }

  /** Sends many requests, a few at a time, and yields their outcomes in the order in which they complete. */
  requestMany(
    requests: Iterable<RequestDescription>,
    options?: RequestManyOptions,
  ): AsyncGenerator<RequestOutcome, void, undefined> {
    const send: SendOne = ({ method, url, ...own }, signals) => this.#perform(method, url, own, signals)
    return requestMany(send, requests, options)
  }

  /** A new client with further options, on the same connections and the same token source. Closing it leaves this one open. */
  extend(config: Omit<HttpClientConfig, 'clock'>): HttpClient {
    const child = clientOf(extendConfig(this.#given, config))
    const isOwn = connectsItsOwnWay(config)
    child.#connections = {
      transport: isOwn ? child.#connections.transport : this.#connections.transport,
      calls: new CallRegistry(this.#connections.calls),
    }
    child.#ownsTransport = isOwn
    return child
  }

  /** Lets no new request in; ends waits at once, and sends in flight after `graceMs` at the latest. Can be called again; the shortest grace counts. */
  async close(options: CloseOptions = {}): Promise<void> {
    checkType('options', options ?? null, 'object')
    checkNames(options, new Set<keyof CloseOptions>(['graceMs']))
    const { graceMs = 10_000 } = options
    checkDuration('graceMs', graceMs)
    const ended = this.#connections.calls.close(graceMs, this.#config.clock)
    this.#closed ??= this.#shutDown(ended)
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #shutDown(callsEnded: Promise<void>): Promise<void> {
    await callsEnded
    if (this.#ownsTransport) await this.#connections.transport.close()
  }

  #sender(method: HttpMethod): Read & Write {
    // One function serves both overloads: whether there is a schema decides about the type of `json()` alone.
    return ((url: string | URL, options?: RequestOptions) => this.#start(method, url, options)) as Read & Write
  }

  #start(method: HttpMethod, url: string | URL, options: RequestOptions | undefined): ResponsePromise {
    return withShortcuts(this.#perform(method, url, options))
  }

  /** `further`: signals of many requests together. */
  async #perform(
    method: HttpMethod,
    url: string | URL,
    options: RequestOptions | undefined,
    further?: Signals,
  ): Promise<HttpResponse> {
    if (options !== undefined) checkRequestOptions(options, method)
    const { calls, transport } = this.#connections
    const { call, request } = this.#preparer.prepare(checkMethod(method), url, options)
    // What is over before it begins goes through the outermost layer alone, which tells `onError`.
    if (calls.isClosed) call.cancel(call.failedWith(new ClientClosedError()))
    const signal = options?.signal
    const stopWatching = signal === undefined ? undefined : this.#aborts.watch(signal, call)
    const stopFurther = further?.map((each) => each && this.#aborts.watch(each, call))
    const totalTimeoutMs = options?.totalTimeoutMs ?? this.#config.totalTimeoutMs ?? 0
    const totalTime = totalTimeoutMs === 0 ? undefined : new TotalTime(call, totalTimeoutMs)
    calls.add(call)
    try {
      this.#onion ??= buildOnion(this.#config, transport)
      return await this.#onion(request, call)
    } finally {
      call.settings.unsentStreams?.cancel()
      const isOver = call.settled(() => {
        totalTime?.stop()
        stopWatching?.()
        if (stopFurther !== undefined) for (const stop of stopFurther) stop?.()
        calls.delete(call)
      })
      if (!isOver) totalTime?.letProcessEnd()
    }
  }
}

// Outside of the class: bundlers rename a class that speaks of itself, and inspections would show `_HttpClient`.
function clientOf(config: HttpClientConfig): HttpClient {
  return new HttpClient(config)
}

const connectionOptions = ['transport', 'tls', 'http2', 'proxy', 'poolConnections', 'poolMaxsize'] as const

/** Connections that were made under other terms are not shared. */
function connectsItsOwnWay(config: HttpClientConfig): boolean {
  return connectionOptions.some((option) => config[option] !== undefined)
}
