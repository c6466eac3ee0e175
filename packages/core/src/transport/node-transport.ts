import type { Dispatcher } from 'undici'
import { acceptedEncodings } from './node/decompress.ts'
import { DispatchExchange } from './node/dispatch-exchange.ts'
import { OriginPools } from './node/origin-pools.ts'
import { UploadStream } from './node/upload-stream.ts'
import { overOfetch } from './over-ofetch.ts'
import type { CreateTransport, TransportAnswer, TransportRequest } from './transport.ts'
import { wireBody } from './wire-body.ts'

/** Node: a lean fetch over one undici pool for each origin. */
export const createTransport: CreateTransport = (options) => {
  const pools = new OriginPools(options)
  return {
    send: overOfetch((request) => leanFetch(pools, request)),
    close: () => pools.close(),
  }
}

function leanFetch(pools: OriginPools, request: TransportRequest): Promise<TransportAnswer> {
  const { url, method, headers } = request
  const originEnd = url.indexOf('/', 8)
  const pool = pools.poolFor(url.slice(0, originEnd))
  const body = request.body === undefined ? null : wireBody(request.body)
  const upload = body instanceof ReadableStream ? new UploadStream(body) : undefined
  const options = {
    path: url.slice(originEnd),
    method,
    headers: 'accept-encoding' in headers ? headers : { 'accept-encoding': acceptedEncodings, ...headers },
    body: upload ?? body,
  }
  const answer = new Promise<TransportAnswer>((resolve, reject) => {
    // undici takes async iterables and Blobs as a body too; its types do not say so.
    pool.dispatch(options as Dispatcher.DispatchOptions, new DispatchExchange(request, resolve, reject))
  })
  return upload === undefined ? answer : answer.finally(() => upload.cancel(undefined))
}
