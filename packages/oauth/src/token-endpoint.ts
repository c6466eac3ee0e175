import { AuthenticationError, ResponseParseError } from '@requestforge/core/errors'
import {
  allowInsecureRequests,
  type Client,
  clockSkew,
  customFetch,
  genericTokenEndpointRequest,
  revocationRequest,
} from 'oauth4webapi'
import { AssertionClock } from './assertion-clock.ts'
import { isSigned, proveClient } from './client-authentication.ts'
import { endpointError, hasError } from './endpoint-error.ts'
import { type EndpointAnswer, type EndpointRequest, exchange } from './endpoint-exchange.ts'
import { endpointUrl } from './endpoint-url.ts'
import type { FetchLike, UncheckedProviderOptions } from './provider-options.ts'
import { refreshHardCapMs } from './renewal-constants.ts'
import { TokenData } from './token-data.ts'
import type { TokenRequestContext } from './token-provider.ts'

/** One grant (RFC 6749 section 4). */
export interface GrantRequest {
  readonly grantType: string
  /** Called within the time-out: passwords may have to be asked for. */
  readonly parameters: () => Promise<GrantParameters>
  readonly context: TokenRequestContext
}

/** What is sent for a grant. */
export interface GrantParameters {
  readonly pairs: readonly (readonly [string, string])[]
  /** What of it must never be shown. */
  readonly secrets: readonly string[]
}

const defaultTimeoutMs = 10_000

/** A server's token and revocation endpoints: builds the requests with oauth4webapi, and reads the answers as servers really give them. */
export class TokenEndpoint {
  readonly #options: UncheckedProviderOptions
  readonly #server: { readonly issuer: string; readonly token_endpoint: string; readonly revocation_endpoint: string }
  /** Undefined where nothing is signed: then no time is sent. */
  readonly #clock: AssertionClock | undefined

  constructor(options: UncheckedProviderOptions) {
    const { tokenUrl, revocationUrl = tokenUrl, allowInsecureRequests = false } = options
    const token = endpointUrl('tokenUrl', tokenUrl, allowInsecureRequests).href
    const revocation = endpointUrl('revocationUrl', revocationUrl, allowInsecureRequests).href
    this.#options = options
    this.#clock = isSigned(options) ? new AssertionClock() : undefined
    this.#server = { issuer: token, token_endpoint: token, revocation_endpoint: revocation }
  }

  /** @throws AuthenticationError with what the server said, or why it could not be asked */
  async requestToken({ grantType, parameters, context }: GrantRequest): Promise<TokenData> {
    const { serviceName, strict, tokenTypes } = this.#options
    const secrets: string[] = []
    const request = { what: 'token request', url: this.#server.token_endpoint, timeoutMs: this.#timeoutMs(grantType), secrets }
    const answer = await this.#exchange(request, context, async (client, fetchLike) => {
      const { proof, secrets: clientSecrets } = await proveClient(this.#options, this.#server.token_endpoint)
      const { pairs, secrets: grantSecrets } = await parameters()
      secrets.push(...clientSecrets, ...grantSecrets)
      const form = new URLSearchParams(pairs.map(([name, value]) => [name, value]))
      return genericTokenEndpointRequest(this.#server, client, proof, grantType, form, {
        [customFetch]: fetchLike,
        [allowInsecureRequests]: true, // the URL was checked when the provider was made
      })
    })
    const now = (context.now ?? Date.now)()
    if (answer.status >= 400 || hasError(answer.members)) throw this.#refused('token request', answer, secrets, now)
    this.#tellOddAnswer(answer, context)
    const { onDeviation } = context
    return named(serviceName, () =>
      TokenData.fromResponse(this.#membersOf(answer), { receivedAt: now, strict, tokenTypes, onDeviation }),
    )
  }

  /** @throws AuthenticationError if the server did not revoke it (RFC 7009 section 2.2) */
  async revoke(token: string, hint: 'access_token' | 'refresh_token', context: TokenRequestContext): Promise<void> {
    const secrets = [token]
    const request = { what: 'revocation', url: this.#server.revocation_endpoint, timeoutMs: this.#timeoutMs(), secrets }
    const answer = await this.#exchange(request, context, async (client, fetchLike) => {
      const { proof, secrets: clientSecrets } = await proveClient(this.#options, this.#server.token_endpoint)
      secrets.push(...clientSecrets)
      return revocationRequest(this.#server, client, proof, token, {
        additionalParameters: { token_type_hint: hint },
        [customFetch]: fetchLike,
        [allowInsecureRequests]: true, // the URL was checked when the provider was made
      })
    })
    if (answer.status >= 300) throw this.#refused('revocation', answer, secrets, (context.now ?? Date.now)())
  }

  /** The answer to a refresh token may bring the only one that is good from then on: it is given up late. */
  #timeoutMs(grantType?: string): number {
    const { timeoutMs = defaultTimeoutMs } = this.#options
    return grantType === 'refresh_token' && timeoutMs !== 0 ? Math.max(timeoutMs, refreshHardCapMs) : timeoutMs
  }

  #exchange(
    request: Pick<EndpointRequest, 'what' | 'url' | 'timeoutMs' | 'secrets'>,
    { signal, onDeviation }: TokenRequestContext,
    sendAs: (client: Client, fetchLike: FetchLike) => Promise<Response>,
  ): Promise<EndpointAnswer> {
    const { serviceName, clientId, fetch: given = (target, init) => fetch(target, init) } = this.#options
    const ask = (aheadS: number): Promise<EndpointAnswer> => {
      const client: Client = { client_id: clientId, [clockSkew]: aheadS }
      return exchange({ ...request, serviceName, signal, send: (fetchLike) => sendAs(client, fetchLike), fetch: given })
    }
    if (this.#clock === undefined) return ask(0)
    return this.#clock.ask(ask, (aheadS) => {
      const detail = `the server's clock is ${Math.abs(aheadS)} s ${aheadS > 0 ? 'ahead of' : 'behind'} this one: assertions have its time`
      onDeviation?.({ kind: 'clock_skew', detail })
    })
  }

  #refused(what: string, answer: EndpointAnswer, secrets: readonly string[], now: number): AuthenticationError {
    const { serviceName } = this.#options
    return endpointError({ ...answer, serviceName, what, secrets, now })
  }

  #membersOf({ status, members, form }: EndpointAnswer): Readonly<Record<string, unknown>> {
    if (members !== undefined) return members
    const { serviceName } = this.#options
    const problem = {
      json: 'is no JSON object',
      broken: 'is JSON that was cut off',
      form: '',
      other: 'is neither JSON nor a form',
    }[form]
    const message = `the token request for ${serviceName} was answered with ${status}, but the answer ${problem}`
    const cause = new ResponseParseError(message, { status })
    throw new AuthenticationError(message, { serviceName, requestSent: true, retryable: form === 'broken', cause })
  }

  #tellOddAnswer({ status, headers, form }: EndpointAnswer, { onDeviation }: TokenRequestContext): void {
    const { serviceName, strict } = this.#options
    const tell = (kind: string, detail: string): void => {
      const message = `the token response for ${serviceName} ${detail}`
      if (strict === true)
        throw new AuthenticationError(message, { serviceName, requestSent: true, cause: new ResponseParseError(message) })
      onDeviation?.({ kind, detail })
    }
    if (status !== 200) tell('unusual_status', `came with status ${status}`)
    if (form === 'form') tell('form_encoded', 'is form-encoded instead of JSON')
    const isJson = /^application\/(?:[\w.-]+\+)?json\b/i.test(headers.get('content-type') ?? '')
    if (form === 'json' && !isJson) tell('unusual_content_type', 'is not labelled as application/json')
  }
}

/** Errors of the reader know nothing of the service. */
function named<T>(serviceName: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof AuthenticationError) || error.serviceName !== undefined) throw error
    const { oauthError, oauthErrorDescription, cause, retryable } = error
    throw new AuthenticationError(`no token for ${serviceName}: ${error.message}`, {
      serviceName,
      requestSent: true,
      oauthError,
      oauthErrorDescription,
      retryable,
      cause,
    })
  }
}
