import { readCredentials, refuseClient } from './client-authentication.ts'
import { type IncomingRequest, nodeHeader, type OutgoingResponse } from './node-http.ts'
import { type OAuthAnswer, oauthError } from './oauth-answer.ts'
import { readForm } from './oauth-form.ts'
import type { OAuthServerRequest } from './oauth-server.ts'
import { checkFault, type OAuthEndpoint, type OAuthServerFault, refusalOf, spoiled } from './oauth-server-fault.ts'
import { pause, type Timers } from './pause.ts'
import { resetConnection, sendAnswer } from './send-answer.ts'
import { grantToken, type TokenEndpoint } from './token-endpoint.ts'
import { introspectToken, revokeToken } from './token-state-endpoints.ts'

type LoggedRequest = { -readonly [K in keyof OAuthServerRequest]: OAuthServerRequest[K] }
interface PlannedFault {
  readonly fault: OAuthServerFault
  /** With how many requests it is still to come. */
  left: number
}

type Params = Readonly<Record<string, string>>

/** Takes requests to their answers, by way of the log and the faults. */
export class OAuthExchanges {
  readonly logs: Readonly<Record<OAuthEndpoint, LoggedRequest[]>> = { token: [], revocation: [], introspection: [] }
  readonly #faults: PlannedFault[] = []
  readonly #endpoint: TokenEndpoint
  readonly #timers: Timers
  readonly #closing: AbortSignal

  /** @param closing ends what is being waited for */
  constructor(endpoint: TokenEndpoint, timers: Timers, closing: AbortSignal) {
    this.#endpoint = endpoint
    this.#timers = timers
    this.#closing = closing
    for (const fault of endpoint.options.faults ?? []) this.failNext(fault)
  }

  failNext(fault: OAuthServerFault): void {
    checkFault(fault)
    this.#faults.push({ fault, left: fault.times ?? 1 })
  }

  async handle(endpoint: OAuthEndpoint, request: IncomingRequest, response: OutgoingResponse): Promise<void> {
    const { params, refusal } = readForm(request.method ?? '', nodeHeader(request, 'content-type') ?? '', await bodyOf(request))
    const logged = this.#log(endpoint, params, request)
    const fault = this.#takeFault(endpoint)
    const { connection } = fault ?? {}
    await pause(fault?.delayMs ?? 0, this.#timers, this.#closing)
    if (connection === 'hang-before') return
    if (connection === 'reset-before') {
      resetConnection(request)
      return
    }
    const genuine = (fault && refusalOf(fault)) ?? refusal ?? this.#process(logged, request)
    const answer = fault === undefined ? genuine : spoiled(genuine, fault)
    if (connection === undefined || connection === 'truncate') logged.status = answer.status
    sendAnswer(answer, connection, request, response)
  }

  #log(endpoint: OAuthEndpoint, params: Params, request: IncomingRequest): LoggedRequest {
    const { clientId, authMethod } = readCredentials(nodeHeader(request, 'authorization'), params)
    const { headers } = request
    const at = this.#endpoint.now()
    const grant = params['grant_type']
    const logged = { endpoint, grant, clientId, authMethod, params, headers, at, isProcessed: false, status: undefined }
    this.logs[endpoint].push(logged)
    return logged
  }

  #takeFault(endpoint: OAuthEndpoint): OAuthServerFault | undefined {
    const index = this.#faults.findIndex(({ fault }) => (fault.endpoint ?? 'token') === endpoint)
    const planned = this.#faults[index]
    if (planned === undefined) return undefined
    planned.left--
    if (planned.left === 0) this.#faults.splice(index, 1)
    return planned.fault
  }

  #process(logged: LoggedRequest, request: IncomingRequest): OAuthAnswer {
    const { endpoint, params } = logged
    const credentials = readCredentials(nodeHeader(request, 'authorization'), params)
    const { clientId } = credentials
    const refusal = refuseClient(credentials, this.#endpoint.options.clients)
    if (refusal !== undefined) return refusal
    const answer = this.#carryOut(endpoint, clientId ?? '', params)
    logged.isProcessed = answer.status < 400
    return answer
  }

  #carryOut(endpoint: OAuthEndpoint, clientId: string, params: Params): OAuthAnswer {
    if (endpoint === 'token') return grantToken(this.#endpoint, clientId, params)
    if (endpoint === 'revocation') return revokeToken(this.#endpoint, clientId, params)
    return introspectToken(this.#endpoint, params)
  }
}

/** The answer to what is no endpoint. */
export function unknownPath(path: string): OAuthAnswer {
  return oauthError('invalid_request', `there is nothing at ${path}`, 404)
}

async function bodyOf(request: IncomingRequest): Promise<string> {
  const decoder = new TextDecoder()
  let body = ''
  for await (const chunk of request) body += decoder.decode(chunk, { stream: true })
  return body + decoder.decode()
}
