import { CallerFailure, callerFailureIn } from '../caller-failure.ts'
import type { FetchLike } from '../config.ts'
import { giveUp } from '../discard-stream.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { kindOf } from '../option-checks.ts'
import { lengthOf, type TransferMeter } from '../transfer-progress.ts'
import type { BodyRules } from './body-rules.ts'
import { oversizedBody } from './connection-failure.ts'
import { FetchAnswer } from './fetch-answer.ts'
import { fetchUpload } from './fetch-upload.ts'
import { overOfetch } from './over-ofetch.ts'
import type { Stoppable, Transport, TransportAnswer, TransportRequest } from './transport.ts'
import { webBody } from './web-body.ts'
import { checkLength, wireBody, wireLength } from './wire-body.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** A transport over any function that looks like fetch. */
export function fetchTransport(fetchLike: FetchLike): Transport {
  return {
    send: overOfetch((request) => interruptible(request, (signal, stoppable) => exchange(request, signal, stoppable, fetchLike))),
    // A fetch keeps its connections itself and lets nobody close them.
    close: async () => undefined,
  }
}

/** Rejects with the reason of an interruption at once, whatever the fetch below does about its signal. */
function interruptible(
  request: TransportRequest,
  work: (signal: AbortSignal, stoppable: Stoppable) => Promise<TransportAnswer>,
): Promise<TransportAnswer> {
  const controller = new AbortController()
  return new Promise((resolve, reject) => {
    const stoppable: Stoppable = {
      stop(reason) {
        reject(reason)
        controller.abort(reason)
      },
    }
    request.control.exchange = stoppable
    // A fetch that has failed, or gave no answer, may not have touched the body: whoever made its stream has to be told.
    work(controller.signal, stoppable).then(resolve, (error) => stoppable.stop(error))
  })
}

async function exchange(
  request: TransportRequest,
  signal: AbortSignal,
  stoppable: Stoppable,
  fetchLike: FetchLike,
): Promise<TransportAnswer> {
  const { control, bodyRules } = request
  control.phase = 'headers'
  let response: Response
  try {
    response = await fetchLike(request.url, initOf(request, signal, stoppable))
  } catch (error) {
    if (request.body instanceof Blob) await checkReadable(request.body)
    throw error
  }
  if (!isResponse(response)) throw noResponse(response)
  const { status } = response
  // What mocks and service workers give in place of a rejection has the status of a hidden redirect.
  if (status === 0 && response.type === 'error') throw new TypeError('the fetch gave a network error')
  if (request.upload !== undefined) reportUpload(request, request.upload)
  control.phase = 'body'
  control.status = status
  // Platforms make the headers when they are asked for: not for answers that cannot be redirects. Where one leads to whose fetch was led
  // already is decided later.
  if (status >= 300 && status < 400 && !response.redirected && request.leadsOn(status, response.headers))
    return new FetchAnswer(response, undefined, receivedBody(response, request))
  // Touching `response.body` makes a stream of it, which costs much on some platforms: only where it is read piece by piece.
  if (isTakenWhole(request, status)) {
    // `bytes()` is the cheaper way on most platforms, and young.
    const bytes = 'bytes' in response ? await response.bytes() : new Uint8Array(await (response as Response).arrayBuffer())
    return new FetchAnswer(response, bytes, null)
  }
  const body = receivedBody(response, request)
  // An empty stream would be open until somebody reads it.
  if (body === null || response.headers.get('content-length') === '0') return new FetchAnswer(response, new Uint8Array(), null)
  if (bodyRules.streams(status)) return new FetchAnswer(response, undefined, body)
  return new FetchAnswer(response, await limitedBody(body, status, bodyRules), null)
}

/** Mocks and other libraries give a part of one, or something else; that is no failed connection, and asking again does not help. */
function isResponse(given: unknown): given is Response {
  // Not by its headers: platforms make them when they are asked for.
  const { status, arrayBuffer, bytes } = (given ?? {}) as Partial<Response>
  return typeof status === 'number' && (typeof arrayBuffer === 'function' || typeof bytes === 'function')
}

function noResponse(given: unknown): ConfigurationError {
  const message = `the transport gave no Response (got ${kindOf(given)}): give what fetch gives, or new Response(…)`
  return new ConfigurationError(message, { option: 'transport' })
}

/** A fetch says of a file that cannot be read no more than that it failed, if it says anything; so the file itself is asked. */
async function checkReadable(file: Blob): Promise<void> {
  try {
    await file.slice(0, 1).arrayBuffer()
  } catch (error) {
    throw new CallerFailure(error)
  }
}

function isTakenWhole({ bodyRules, download }: TransportRequest, status: number): boolean {
  if (download !== undefined || bodyRules.streams(status) || bodyRules.cuts(status)) return false
  return bodyRules.maxBytes(status) === Number.POSITIVE_INFINITY
}

function receivedBody({ body, headers }: Response, { download }: TransportRequest): ReadableStream<Bytes> | null {
  const received = body && webBody(body)
  return received && download ? metered(received, download, lengthOf(headers)) : received
}

/** A fetch does not say how far it is with a body that is no stream; when the headers have come, all of it was sent. */
function reportUpload({ body }: TransportRequest, upload: TransferMeter): void {
  const length = wireLength(wireBody(body))
  if (length !== undefined) upload.add(length, length)
}

function initOf({ method, headers, body, upload }: TransportRequest, signal: AbortSignal, stoppable: Stoppable): RequestInit {
  const plain = wireBody(body)
  checkLength(plain, headers)
  const wire = plain instanceof ReadableStream ? fetchUpload(plain, upload, stoppable, signal) : plain
  // Headers of its own: whoever wraps a fetch adds to them, and must not add to those of other requests.
  const init: RequestInit = { method, headers: { ...headers }, signal, redirect: 'manual', body: wire ?? null }
  // Half duplex is what every fetch demands for a stream; the platform's types do not know it yet.
  return wire instanceof ReadableStream ? Object.assign(init, { duplex: 'half' }) : init
}

function metered(stream: ReadableStream<Bytes>, meter: TransferMeter, totalBytes: number | undefined): ReadableStream<Bytes> {
  const count = new TransformStream<Bytes, Bytes>({
    transform(chunk, controller) {
      meter.add(chunk.byteLength, totalBytes)
      controller.enqueue(chunk)
    },
  })
  return stream.pipeThrough(count)
}

async function limitedBody(body: ReadableStream<Bytes>, status: number, bodyRules: BodyRules): Promise<Bytes> {
  const maxBytes = bodyRules.maxBytes(status)
  const chunks: Bytes[] = []
  let byteCount = 0
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await (bodyRules.cuts(status) ? nextOrEnd(reader) : reader.read())
    if (done) return joined(chunks, byteCount)
    const room = maxBytes - byteCount
    chunks.push(value.length > room ? value.subarray(0, room) : value)
    byteCount += Math.min(value.length, room)
    if (value.length <= room) continue
    giveUp(reader)
    if (!bodyRules.cuts(status)) throw oversizedBody(maxBytes)
    return joined(chunks, byteCount)
  }
}

/** The next chunk; a body that breaks off has come to its end. */
async function nextOrEnd(reader: ReadableStreamDefaultReader<Bytes>): Promise<ReadableStreamReadResult<Bytes>> {
  try {
    return await reader.read()
  } catch (error) {
    if (callerFailureIn(error) !== undefined) throw error
    return { done: true, value: undefined }
  }
}

function joined(chunks: readonly Bytes[], byteCount: number): Bytes {
  const whole = new Uint8Array(byteCount)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}
