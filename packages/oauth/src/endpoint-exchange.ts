import { systemClock, typedFailure } from '@requestforge/core'
import {
  AuthenticationError,
  ConfigurationError,
  ConnectionError,
  HttpClientError,
  RequestTimeoutError,
  ResponseParseError,
  TlsError,
} from '@requestforge/core/errors'
import { secretHider } from '@requestforge/core/hide-secrets'
import { waitFor } from './abortable-wait.ts'
import { discardBody, type ParsedBody, parseBody, readBody } from './answer-body.ts'
import { harmlessWords } from './harmless-error.ts'
import { kindAlone } from './option-values.ts'
import type { FetchLike } from './provider-options.ts'

/** What came back, read to its end. */
export interface EndpointAnswer extends ParsedBody {
  readonly status: number
  readonly headers: Headers
}

/** One request to an endpoint of an OAuth server. */
export interface EndpointRequest {
  readonly serviceName: string
  /** For messages: `token request`, `revocation`. */
  readonly what: string
  readonly url: string
  /** For all of it, the body included, in milliseconds; 0 means none. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly fetch: FetchLike
  /** What must not be shown, filled while the request is made: what proves the client is made for this request alone. */
  readonly secrets: string[]
  /** Makes the request, and sends it by the function that it is given. */
  send(fetchLike: FetchLike): Promise<Response>
}

/** Sends and reads the whole answer within the time-out; never follows a redirect, because the body holds secrets. */
export async function exchange(request: EndpointRequest): Promise<EndpointAnswer> {
  const { signal, timeoutMs } = request
  const limit = new AbortController()
  // Whoever gives a signal has a limit of his own, and knows whether the process has to live until then.
  const timer = timeoutMs === 0 ? undefined : systemClock.setTimeout(() => limit.abort(), timeoutMs, signal === undefined)
  const ended = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal])
  const progress: ExchangeProgress = { isSent: false, status: undefined }
  try {
    ended.throwIfAborted()
    // Whatever a fetch that was given does about its signal.
    return await waitFor(answerOf(request, ended, progress), ended)
  } catch (error) {
    if (signal?.aborted === true && !limit.signal.aborted) throw signal.reason
    if (error instanceof AuthenticationError || (error instanceof ConfigurationError && !progress.isSent)) throw error
    throw unanswered(request, error, progress, limit.signal.aborted)
  } finally {
    systemClock.clearTimeout(timer)
  }
}

/** How far an exchange has come. */
interface ExchangeProgress {
  isSent: boolean
  /** Of the answer whose body is being read. */
  status: number | undefined
}

async function answerOf(request: EndpointRequest, signal: AbortSignal, progress: ExchangeProgress): Promise<EndpointAnswer> {
  const response = await request.send(async (url, init) => {
    request.secrets.push(...proofsOf(init))
    signal.throwIfAborted()
    progress.isSent = true
    return givenResponse(await request.fetch(url, { ...init, signal, redirect: 'manual', cache: 'no-store' }))
  })
  const { status, headers } = response
  progress.status = status
  if (response.redirected || response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    await discardBody(response)
    throw redirected(request, status)
  }
  return { status, headers, ...(await bodyOf(response)) }
}

async function bodyOf(response: Response): Promise<ParsedBody> {
  try {
    return parseBody(await readBody(response))
  } catch (error) {
    if (response.status < 400) throw error
    // The status has said no, and with its headers says when to ask again.
    return { members: undefined, form: 'broken' }
  }
}

/** Mocks give half of one, and other libraries something else. @throws ConfigurationError, as it is no trouble of the connection */
function givenResponse(given: Response): Response {
  if (typeof given?.status === 'number' && typeof given.text === 'function' && typeof given.headers?.get === 'function')
    return given
  const wish = 'give what the fetch of the platform gives, or new Response(…)'
  throw new ConfigurationError(`fetch gave no Response (got ${kindAlone(given)}): ${wish}`, { option: 'fetch' })
}

function proofsOf({ body, headers }: RequestInit): readonly string[] {
  const assertion = body instanceof URLSearchParams ? body.get('client_assertion') : null
  const { authorization }: Readonly<Record<string, unknown>> = { ...headers }
  const basic = typeof authorization === 'string' ? authorization.replace(/^Basic /, '') : undefined
  return [assertion, basic].filter((proof) => typeof proof === 'string')
}

function redirected({ what, serviceName }: EndpointRequest, status: number): AuthenticationError {
  const shown = status === 0 ? 'a redirect' : `the redirect ${status}`
  const message = `the ${what} for ${serviceName} was answered with ${shown}, which is not followed`
  return new AuthenticationError(message, { serviceName, requestSent: true })
}

function unanswered(
  request: EndpointRequest,
  error: unknown,
  { isSent, status }: ExchangeProgress,
  isTimeout: boolean,
): AuthenticationError {
  const { what, serviceName, timeoutMs } = request
  const url = request.url.replace(/\?.*$/s, '')
  const failed = { method: 'POST', url }
  let cause = error
  if (isTimeout) {
    const details = { phase: isSent ? 'headers' : 'token', timeoutMs, elapsedMs: timeoutMs, request: failed } as const
    cause = new RequestTimeoutError(`POST ${url}: no answer within ${timeoutMs} ms`, details)
  } else if (isSent && !HttpClientError.isInstance(error) && request.signal?.aborted !== true) {
    const hidden = secretHider(request.secrets)
    const clean = (text: string): string => harmlessWords(hidden(text))
    cause = typedFailure(error, { request: failed, attempts: 1, elapsedMs: 0, status, clean })
  }
  const neverLeft = (cause instanceof ConnectionError && !cause.requestSent) || cause instanceof TlsError
  const mayPass = !(cause instanceof TlsError) && !(cause instanceof ResponseParseError && !cause.retryable)
  const why = HttpClientError.isInstance(cause) ? `: ${cause.message}` : ''
  const verb = isSent ? 'was not answered' : 'could not be made'
  const details = { serviceName, requestSent: isSent && !neverLeft, retryable: mayPass, cause }
  return new AuthenticationError(`the ${what} for ${serviceName} ${verb}${why}`, details)
}
