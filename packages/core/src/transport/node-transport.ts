import type { HeaderMap, HttpMethod } from '../handler.ts'
import { acceptedEncodings } from './node/decompress.ts'
import { DispatchExchange } from './node/dispatch-exchange.ts'
import { refuseConnectionHeaders } from './node/http2-headers.ts'
import { OriginPools } from './node/origin-pools.ts'
import type { WaitingDispatch } from './node/pool-client.ts'
import { UploadStream } from './node/upload-stream.ts'
import { overOfetch } from './over-ofetch.ts'
import type { CreateTransport, TransportAnswer, TransportRequest } from './transport.ts'
import { checkLength, wireBody, wireLength } from './wire-body.ts'

/** Node: a lean fetch over one undici pool for each origin. */
export const createTransport: CreateTransport = (options) => {
  const pools = new OriginPools(options)
  const leanFetch = new LeanFetch(pools, options.http2 === true)
  return {
    send: overOfetch((request) => leanFetch.send(request)),
    close: () => pools.close(),
  }
}

type WireBody = ReturnType<typeof wireBody>

class LeanFetch {
  readonly #pools: OriginPools
  readonly #offersHttp2: boolean
  #lastHeaders: HeaderMap | undefined
  #lastWireHeaders: HeaderMap = {}

  constructor(pools: OriginPools, offersHttp2: boolean) {
    this.#pools = pools
    this.#offersHttp2 = offersHttp2
  }

  send(request: TransportRequest): Promise<TransportAnswer> {
    const { url, method, headers } = request
    const originEnd = url.indexOf('/', 8)
    const pool = this.#pools.poolFor(url.slice(0, originEnd))
    const body = wireBody(request.body)
    checkLength(body, headers)
    const wireHeaders = this.#wireHeaders(headers)
    const upload = uploadOf(body)
    return new Promise((resolve, reject) => {
      const wait = new DispatchExchange(request, upload, resolve, reject)
      const pieces = upload ?? (this.#offersHttp2 ? piecesOf(method, body) : undefined)
      const options = {
        path: url.slice(originEnd),
        method,
        headers: pieces === undefined ? wireHeaders : { ...wireHeaders, 'content-length': this.#toldLength(body, headers) },
        body: pieces ?? body,
        wait,
      }
      // undici takes async iterables as a body too; its types do not say so.
      pool.dispatch(options as WaitingDispatch, wait)
    })
  }

  /** Over HTTP/2, undici neither sends nor ends a body that it is told to be empty; whether a stream is, it finds by itself. */
  #toldLength(body: WireBody, { 'content-length': told }: HeaderMap): string | undefined {
    const length = wireLength(body)
    if (length !== undefined) return String(length)
    return this.#offersHttp2 && Number(told) === 0 ? undefined : told
  }

  /** Plain requests come with one and the same object again and again. */
  #wireHeaders(headers: HeaderMap): HeaderMap {
    if (headers === this.#lastHeaders) return this.#lastWireHeaders
    if (this.#offersHttp2) refuseConnectionHeaders(headers)
    this.#lastHeaders = headers
    this.#lastWireHeaders = 'accept-encoding' in headers ? headers : { 'accept-encoding': acceptedEncodings, ...headers }
    return this.#lastWireHeaders
  }
}

/** What is read while it is sent may fail, and then it is not the network that did: streams, and files that are not in memory. */
function uploadOf(body: WireBody): UploadStream | undefined {
  if (body instanceof ReadableStream) return new UploadStream(body)
  return body instanceof Blob ? new UploadStream(body.stream()) : undefined
}

/** Over HTTP/2, undici fails at bytes with a method that mostly has no body, and then ends the process; in pieces it sends them. */
function piecesOf(method: HttpMethod, body: WireBody): Iterable<Uint8Array> | undefined {
  const isRare = method === 'DELETE' || method === 'OPTIONS'
  return isRare && body instanceof Uint8Array ? [body] : undefined
}
