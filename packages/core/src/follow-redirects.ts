import type { Attempt } from './attempt.ts'
import type { Call } from './call.ts'
import { HopCredentials } from './credentials.ts'
import { discardStream } from './discard-stream.ts'
import { ConnectionError, TooManyRedirectsError } from './errors/transport-errors.ts'
import type { HttpRequest } from './handler.ts'
import { HopExchange } from './hop-exchange.ts'
import { hopFailure, type SentHop } from './hop-failure.ts'
import { redactedRequest } from './redacted-request.ts'
import { firstHop, type Hop, ledHop, nextHop } from './redirect-hop.ts'
import type { ResolvedConfig } from './resolve-config.ts'
import type { AccessToken } from './token-source.ts'
import type { Transport, TransportAnswer } from './transport/transport.ts'

/** The answer at the end of a chain of redirects, and what was sent to the URL that answered: a redirect may have made it a GET. */
export interface Arrival extends SentHop {
  readonly answer: TransportAnswer
  /** The token that the answering URL was sent; undefined where it got none. */
  readonly token: AccessToken | undefined
}

/** Takes one send along its redirects. */
export type Journey = (
  request: HttpRequest,
  call: Call,
  attempt: Attempt,
  replacement: AccessToken | undefined,
) => Promise<Arrival>

/** Follows redirects by itself, because each hop has to be asked anew whether its URL may carry credentials. */
export function followRedirects(config: ResolvedConfig, transport: Transport): Journey {
  const credentials = new HopCredentials(config)
  const { follow, maxRedirects } = config.redirects

  return async (request, call, attempt, replacement) => {
    const { body } = request
    call.wasRedirected = false
    call.wasCarriedOut = false
    let hop =
      body instanceof FormData
        ? await formHop(request, body, call, attempt)
        : firstHop(request, body, credentials.impliedType(request.url, body))
    for (let followed = 0; ; followed++) {
      const pass = credentials.peek(hop, call, replacement) ?? (await credentials.fetch(hop, call, attempt))
      // What was interrupted between two waits is not sent any more.
      if (attempt.interrupted) throw attempt.reason
      if (followed === 0) call.attempts++
      if (pass.token !== undefined) call.sentTokens?.add(pass.token.accessToken)
      let answer: TransportAnswer
      try {
        answer = await transport.send(new HopExchange(hop, pass.headers, call, attempt, follow))
      } catch (error) {
        // What the transport has not begun to read is nobody else's.
        if (hop.body !== undefined) call.settings.unsentStreams?.add(hop.body)
        throw hopFailure(error, { ...hop, headers: pass.headers }, call, attempt)
      }
      if (answer.status === 0) throw call.failedWith(hiddenRedirect(hop, call))
      if (answer.ledTo !== undefined) {
        hop = ledHop(hop, answer.ledTo, credentials.isTrusted)
        // Whether it has made a GET of the request is not known.
        call.wasRedirected = call.wasCarriedOut = true
      }
      const next = follow ? nextHop(hop, answer, credentials.isTrusted) : undefined
      if (next === undefined) {
        const token = answer.ledTo === undefined || credentials.mayHaveToken(hop, call) ? pass.token : undefined
        return { answer, method: hop.method, url: hop.url, headers: pass.headers, token }
      }
      call.wasRedirected = true
      if (answer.body !== null) await discardBody(answer.body, call, attempt)
      if (attempt.interrupted) throw attempt.reason
      if (followed >= maxRedirects) throw call.failedWith(tooMany(request, call, maxRedirects))
      if (next.method !== hop.method) call.wasCarriedOut = true
      hop = withFreshBody(next, call)
    }
  }
}

/** Whatever headers say, its content type names its boundary. Reading a file that is part of it may fail, and may take for ever. */
async function formHop(request: HttpRequest, form: FormData, call: Call, attempt: Attempt): Promise<Hop> {
  attempt.waitsFor = 'the files of its form'
  const { bytes, contentType } = await attempt.wait(() => call.encodedForm(form))
  attempt.waitsFor = undefined
  const hop = firstHop(request, bytes, undefined)
  return { ...hop, headers: { ...hop.headers, 'content-type': contentType } }
}

function discardBody(body: NonNullable<TransportAnswer['body']>, call: Call, attempt: Attempt): Promise<void> {
  return attempt.wait((signal) => discardStream(body, call.clock, signal))
}

/** A body that was a stream is spent; a factory makes another. Encoded forms, like all bytes, can be sent again. */
function withFreshBody(hop: Hop, call: Call): Hop {
  const { madeBody } = call.settings
  return madeBody !== undefined && hop.body instanceof ReadableStream ? { ...hop, body: madeBody.another() } : hop
}

function tooMany(request: HttpRequest, call: Call, maxRedirects: number): TooManyRedirectsError {
  const failed = redactedRequest(request)
  const message = `${failed.method} ${failed.url}: more than ${maxRedirects} redirects (maxRedirects)`
  return new TooManyRedirectsError(message, { request: failed, attempts: call.attempts })
}

/** Browsers follow a redirect by themselves, credentials and all, or hide where it leads; neither is safe, so it is refused. */
function hiddenRedirect(hop: Hop, call: Call): ConnectionError {
  const failed = redactedRequest(hop)
  const message = `${failed.method} ${failed.url}: the platform hides where this redirect leads, so it was not followed; ask for its target`
  return new ConnectionError(message, { request: failed, attempts: call.attempts, retryable: false, requestSent: true })
}
