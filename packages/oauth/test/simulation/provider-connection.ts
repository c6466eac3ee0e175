import {
  AuthenticationError,
  ConnectionError,
  ReauthenticationRequiredError,
  type TokenData,
  type TokenProvider,
  type TokenRequestContext,
} from '../fixtures/library.ts'
import type { IssuedRefresh, IssuedToken, RequestOutcome, TokenRequest } from './ledger.ts'
import type { ProviderFault } from './scenario.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Simulation } from './simulation.ts'

const serviceName = 'simulated'

/** One process's way to the identity provider. */
export class ProviderConnection implements TokenProvider {
  readonly serviceName: string = serviceName
  readonly identity: string
  readonly canFetch: boolean | undefined
  readonly refreshToken?: (current: TokenData, context?: TokenRequestContext) => Promise<TokenData>
  readonly #simulation: Simulation
  readonly #process: SimulatedProcess

  constructor(simulation: Simulation, process: SimulatedProcess) {
    const { world } = simulation.scenario
    this.identity = `key ${process.key}`
    this.canFetch = world.tellsCanFetch ? world.grant !== 'session' : undefined
    this.#simulation = simulation
    this.#process = process
    if (world.grant !== 'client_credentials')
      this.refreshToken = (current, context) => this.#ask(simulation.ledger.refresh(current.refreshToken), current, context)
  }

  fetchToken(context?: TokenRequestContext): Promise<TokenData> {
    if (this.#simulation.scenario.world.grant === 'session') {
      const message = 'somebody has to log in'
      return Promise.reject(new ReauthenticationRequiredError(message, { serviceName, reason: 'no_grant', requestSent: false }))
    }
    return this.#ask(undefined, undefined, context)
  }

  revokeToken(current: TokenData): Promise<void> {
    const process = this.#process
    const { provider, ledger, scheduler } = this.#simulation
    return new Promise((resolve) => {
      scheduler.after(this.#delay(), undefined, () => {
        const token = ledger.token(current.accessToken)
        const session = ledger.refresh(current.refreshToken)?.session ?? token?.session
        if (session !== undefined) provider.end(session)
        if (token !== undefined) token.revokedAt ??= scheduler.now
        scheduler.after(this.#delay(), process, () => resolve())
      })
    })
  }

  #ask(refresh: IssuedRefresh | undefined, current: TokenData | undefined, context?: TokenRequestContext): Promise<TokenData> {
    const { trace, invariants } = this.#simulation
    const process = this.#process
    if (!process.alive) return new Promise(() => undefined)
    const request = process.beginRequest(refresh)
    trace.line(() => `${process.name} → provider: ${describe(request, current)}`)
    if (current !== undefined && refresh === undefined)
      invariants.fail('foreign refresh token', `${process.name} presented ${current.refreshToken}`)
    invariants.renewals.onRequest(request)
    return new Promise((resolve, reject) => {
      const end = (outcome: RequestOutcome, settle: () => void): void => {
        if (request.endedAt !== undefined || !process.alive) return
        trace.line(() => `${process.name} ← provider: ${describe(request, current)}: ${outcome}`)
        process.endRequest(request, outcome)
        settle()
      }
      context?.signal?.addEventListener('abort', () => {
        invariants.renewals.onAbort(request)
        end('lost', () => reject(context.signal?.reason))
      })
      this.#send(request, (answer) => {
        end(answer.outcome, () => {
          if (answer.outcome === 'refused')
            invariants.renewals.onRefused(request, answer.retryAfterMs, answer.isPermanent === true)
          if (answer.token === undefined) return reject(answer.error)
          answer.token.receivedAt = this.#simulation.scheduler.now
          resolve(answer.isJunk ? junk(this.#simulation) : this.#read(answer.token, request))
        })
      })
      process.atCall('sent')
    })
  }

  /** From the process to the server and back. */
  #send(request: TokenRequest, deliver: (answer: Answer) => void): void {
    const { scheduler, faults } = this.#simulation
    const process = this.#process
    const trouble = faults.provider
    const isUnsent = trouble?.mode === 'refuses'
    const isCut = trouble?.mode === 'reset-before'
    if (isUnsent || isCut) {
      const answer: Answer = isUnsent ? { outcome: 'unsent', error: broken(false) } : { outcome: 'lost', error: broken(true) }
      scheduler.after(this.#delay(), process, () => deliver(answer))
      return
    }
    scheduler.after(this.#delay(), undefined, () => {
      const answer = this.#arrive(request, trouble)
      process.atCall('applied')
      if (trouble?.mode === 'hangs') return
      const slowMs = trouble?.mode === 'slow' ? trouble.delayMs : 0
      scheduler.after(this.#delay() + slowMs, process, () => {
        deliver(answer)
        process.atCall('answered')
      })
    })
  }

  /** On the server. */
  #arrive(request: TokenRequest, trouble: ProviderFault | undefined): Answer {
    const { provider } = this.#simulation
    const retryAfterMs = trouble?.retryAfterMs === 0 ? undefined : trouble?.retryAfterMs
    switch (trouble?.mode) {
      case 'unavailable':
      case 'limits':
        return { outcome: 'refused', error: refused({ retryable: true, retryAfterMs }), retryAfterMs }
      case 'invalid-client':
        return { outcome: 'refused', error: refused({ oauthError: 'invalid_client' }), isPermanent: true }
      default: {
        const { refresh } = request
        const token = refresh === undefined ? provider.mint(this.#process.key, request) : provider.redeem(refresh, request)
        if (token === undefined) return { outcome: 'rejected', error: refused({ oauthError: 'invalid_grant' }) }
        if (trouble?.mode === 'reset-after') return { outcome: 'lost', error: broken(true) }
        return { outcome: trouble?.mode === 'junk' ? 'lost' : 'success', token, isJunk: trouble?.mode === 'junk' }
      }
    }
  }

  #read(token: IssuedToken, request: TokenRequest): TokenData {
    const omits = request.refresh !== undefined && this.#simulation.scenario.world.rotation === 'omit'
    this.#process.sees(token)
    this.#process.minted = token
    return {
      accessToken: token.value,
      expiresAt: this.#process.clock.now() + token.lifetimeMs,
      refreshToken: omits ? undefined : token.refresh?.value,
    }
  }

  #delay(): number {
    return this.#process.random.int(1, this.#simulation.scenario.world.providerDelayMs)
  }
}

interface Answer {
  readonly outcome: RequestOutcome
  readonly token?: IssuedToken | undefined
  readonly isJunk?: boolean | undefined
  readonly error?: Error | undefined
  readonly retryAfterMs?: number | undefined
  readonly isPermanent?: boolean | undefined
}

function refused(details: ConstructorParameters<typeof AuthenticationError>[1]): Error {
  return new AuthenticationError('refused', { serviceName, requestSent: true, ...details })
}

function broken(requestSent: boolean): Error {
  const cause = new ConnectionError('connection broke', { requestSent })
  return new AuthenticationError('no answer', { serviceName, retryable: true, requestSent, cause })
}

/** What a broken provider may give in place of a token. */
function junk({ random }: Simulation): TokenData {
  const nonsense: unknown = random.pick<unknown>([undefined, null, 'token', {}, { accessToken: '' }, { accessToken: 'a\nb' }])
  // The type says that this cannot be, the world says that it can.
  return nonsense as TokenData
}

function describe(request: TokenRequest, current: TokenData | undefined): string {
  return request.refresh === undefined ? `fetch #${request.id}` : `refresh #${request.id} with ${current?.refreshToken}`
}
