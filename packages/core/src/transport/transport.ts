import type { ConnectionOptions } from '../connection-options.ts'
import type { TimeoutPhase } from '../errors/transport-errors.ts'
import type { HeaderMap, HttpMethod, HttpRequestBody } from '../handler.ts'
import type { TransferMeter } from '../transfer-progress.ts'
import type { BodyRules } from './body-rules.ts'

/** What a time-out or an abort puts an end to. */
export interface Stoppable {
  stop(reason: unknown): void
}

/** The way in which a send is told to stop, and tells what it is waiting for. */
export interface ExchangeControl {
  /** Moved on by the transport: `connect`, then `headers`, then `body`. */
  phase: TimeoutPhase
  /** Set by the transport when the headers have come. */
  status: number | undefined
  /** How long it may take; 0 for any time. */
  readonly timeoutMs: number
  readonly interrupted: boolean
  /** What the exchange is to be rejected with once it was interrupted. */
  readonly reason: unknown
  /**
   * Set by the transport; stopped once, at once, when a time-out or an abort ends the exchange. An object and no function: V8 keeps what a
   * closure over the exchange holds, headers and body, until its next major collection.
   */
  exchange: Stoppable | undefined
}

/** One exchange with one origin: no redirect, no retry. */
export interface TransportRequest {
  readonly method: HttpMethod
  readonly url: string
  /** In lower case. */
  readonly headers: HeaderMap
  readonly body: HttpRequestBody | undefined
  readonly bodyRules: BodyRules
  readonly control: ExchangeControl
  /** Told of each chunk that was sent. */
  readonly upload: TransferMeter | undefined
  /** Told of each chunk that has come. */
  readonly download: TransferMeter | undefined
  /** Whether an answer leads on to another URL: then nobody wants its body, and it is handed over as a stream, as it came. */
  leadsOn(status: number, headers: AnswerHeaders): boolean
}

/** Response headers, parsed only as far as somebody asks. */
export interface AnswerHeaders {
  /** @param name in lower case */
  get(name: string): string | null
}

/** What came back: the body either whole, or as a stream. */
export interface TransportAnswer {
  /** 0 where the platform hides a redirect. */
  readonly status: number
  readonly headers: AnswerHeaders
  /** The URL that answered, as far as it is known, where a given fetch has followed redirects by itself. */
  readonly ledTo?: string | undefined
  /** The body whole and decompressed; undefined if `body` has it. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null
  /** The genuine headers, made when first asked for. */
  toHeaders(): Headers
}

/** Sends requests; failures are typed here, where they happen. */
export interface Transport {
  send(request: TransportRequest): Promise<TransportAnswer>
  /** Ends all connections, those in use too. */
  close(): Promise<void>
}

/** How connections are made and kept. */
export interface PoolOptions extends ConnectionOptions {
  /** How many origins keep a pool. */
  readonly connections: number
  /** Connections for each origin. */
  readonly maxsize: number
}

/** Makes the transport that suits the platform. */
export type CreateTransport = (pool: PoolOptions) => Transport
