import { typedFailure } from '@requestforge/core'
import {
  AuthenticationError,
  ConnectionError,
  HttpClientError,
  RequestTimeoutError,
  ResponseParseError,
  TlsError,
} from '@requestforge/core/errors'
import { allowInsecureRequests, customFetch, genericTokenEndpointRequest, revocationRequest } from 'oauth4webapi'
import { type ParsedBody, parseBody, readBody } from './answer-body.ts'
import { proveClient } from './client-authentication.ts'
import { endpointError } from './endpoint-error.ts'
import { endpoint, type FetchLike, type UncheckedProviderOptions } from './provider-options.ts'
import { TokenData } from './token-data.ts'
import type { TokenRequestContext } from './token-provider.ts'

/** One grant (RFC 6749 section 4). */
export interface GrantRequest {
  readonly grantType: string
  readonly parameters: readonly (readonly [string, string])[]
  /** What of it must never be shown. */
  readonly secrets: readonly string[]
  readonly context: TokenRequestContext
}

interface Answer extends ParsedBody {
  readonly status: number
  readonly headers: Headers
}

const defaultTimeoutMs = 10_000

/** A server's token and revocation endpoints: builds the requests with oauth4webapi, and reads the answers as servers really give them. */
export class TokenEndpoint {
  readonly #options: UncheckedProviderOptions
  readonly #server: { readonly issuer: string; readonly token_endpoint: string; readonly revocation_endpoint?: string }
  readonly #fetch: FetchLike
  readonly #timeoutMs: number

  constructor(options: UncheckedProviderOptions) {
    const insecure = options.allowInsecureRequests === true
    const url = endpoint('tokenUrl', options.tokenUrl, insecure).href
    const revocation =
      options.revocationUrl === undefined
        ? {}
        : { revocation_endpoint: endpoint('revocationUrl', options.revocationUrl, insecure).href }
    this.#options = options
    this.#server = { issuer: url, token_endpoint: url, ...revocation }
    this.#fetch = options.fetch ?? ((target, init) => fetch(target, init))
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  }

  /** @throws AuthenticationError with what the server said, or why it could not be asked */
  async requestToken({ grantType, parameters, secrets, context }: GrantRequest): Promise<TokenData> {
    const { serviceName, clientId, strict, tokenTypes } = this.#options
    const { proof, secrets: clientSecrets } = await proveClient(this.#options, this.#server.token_endpoint)
    const now = context.now ?? Date.now
    const hidden = [...secrets, ...clientSecrets]
    const answer = await this.#ask('token request', context, (fetchLike) =>
      genericTokenEndpointRequest(
        this.#server,
        { client_id: clientId },
        proof,
        grantType,
        new URLSearchParams(parameters.map(([name, value]) => [name, value])),
        {
          [customFetch]: fetchLike,
          [allowInsecureRequests]: true, // the URL was checked when the provider was made
        },
      ),
    )
    const isError = answer.status >= 400 || answer.members?.['error'] !== undefined
    if (isError) throw endpointError({ ...answer, serviceName, what: 'token request', secrets: hidden, now: now() })
    const onDeviation = context.onDeviation
    this.#tellOddAnswer(answer, context)
    return named(serviceName, () =>
      TokenData.fromResponse(this.#membersOf(answer), { receivedAt: now(), strict, tokenTypes, onDeviation }),
    )
  }

  /** @throws AuthenticationError if the server did not revoke it (RFC 7009 section 2.2) */
  async revoke(token: string, hint: 'access_token' | 'refresh_token', context: TokenRequestContext): Promise<void> {
    const { serviceName, clientId } = this.#options
    const { proof, secrets } = await proveClient(this.#options, this.#server.token_endpoint)
    const answer = await this.#ask('revocation', context, (fetchLike) =>
      revocationRequest(this.#server, { client_id: clientId }, proof, token, {
        additionalParameters: { token_type_hint: hint },
        [customFetch]: fetchLike,
        [allowInsecureRequests]: true, // the URL was checked when the provider was made
      }),
    )
    if (answer.status < 300) return
    const now = context.now ?? Date.now
    throw endpointError({ ...answer, serviceName, what: 'revocation', secrets: [token, ...secrets], now: now() })
  }

  #membersOf({ status, members, form }: Answer): Readonly<Record<string, unknown>> {
    if (members !== undefined) return members
    const { serviceName } = this.#options
    const problem = form === 'json' ? 'is no JSON object' : 'is neither JSON nor a form'
    const message = `the token request for ${serviceName} was answered with ${status}, but the answer ${problem}`
    throw new AuthenticationError(message, {
      serviceName,
      requestSent: true,
      retryable: false,
      cause: new ResponseParseError(message, { status }),
    })
  }

  #tellOddAnswer({ status, headers, form }: Answer, { onDeviation }: TokenRequestContext): void {
    const tell = (kind: string, detail: string): void => {
      if (this.#options.strict === true) {
        const { serviceName } = this.#options
        throw new AuthenticationError(`the token response for ${serviceName} ${detail}`, { serviceName, requestSent: true })
      }
      onDeviation?.({ kind, detail })
    }
    if (status !== 200) tell('unusual_status', `came with status ${status}`)
    if (form === 'form') tell('form_encoded', 'is form-encoded instead of JSON')
    else if (!/^application\/json\b/i.test(headers.get('content-type') ?? ''))
      tell('unusual_content_type', 'is not labelled as application/json')
  }

  /** Sends and reads the whole answer within the time-out; never follows a redirect, because the body holds secrets. */
  async #ask(what: string, context: TokenRequestContext, send: (fetchLike: FetchLike) => Promise<Response>): Promise<Answer> {
    const limit = AbortSignal.timeout(this.#timeoutMs)
    const signal = context.signal === undefined ? limit : AbortSignal.any([context.signal, limit])
    try {
      const fetchLike: FetchLike = (url, init) => this.#fetch(url, { ...init, signal, redirect: 'manual', cache: 'no-store' })
      const response = await send(fetchLike)
      if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400))
        throw this.#redirected(what, response.status)
      const { status, headers } = response
      return { status, headers, ...parseBody(await readBody(response)) }
    } catch (error) {
      if (error instanceof AuthenticationError) throw error
      throw this.#unanswered(what, error, limit.aborted && context.signal?.aborted !== true)
    }
  }

  #redirected(what: string, status: number): AuthenticationError {
    const { serviceName } = this.#options
    const shown = status === 0 ? 'a redirect' : `the redirect ${status}`
    return new AuthenticationError(`the ${what} for ${serviceName} was answered with ${shown}, which is not followed`, {
      serviceName,
      requestSent: true,
    })
  }

  #unanswered(what: string, error: unknown, isTimeout: boolean): AuthenticationError {
    const { serviceName } = this.#options
    const timeoutMs = this.#timeoutMs
    const url = this.#server.token_endpoint.replace(/\?.*$/s, '')
    const request = { method: 'POST', url }
    const cause: unknown = isTimeout
      ? new RequestTimeoutError(`POST ${url}: no answer within ${timeoutMs} ms`, {
          phase: 'body',
          timeoutMs,
          elapsedMs: timeoutMs,
          request,
        })
      : HttpClientError.isInstance(error) || isAbort(error)
        ? error
        : typedFailure(error, { request, attempts: 1, elapsedMs: 0 })
    const requestSent = !((cause instanceof ConnectionError && !cause.requestSent) || cause instanceof TlsError)
    const retryable = !(cause instanceof TlsError)
    const why = cause instanceof Error ? `: ${cause.message}` : ''
    return new AuthenticationError(`the ${what} for ${serviceName} was not answered${why}`, {
      serviceName,
      requestSent,
      retryable,
      cause,
    })
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** Errors of the reader know nothing of the service. */
function named<T>(serviceName: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error
    throw new AuthenticationError(`no token for ${serviceName}: ${error.message}`, {
      serviceName,
      requestSent: true,
      cause: error.cause,
    })
  }
}
