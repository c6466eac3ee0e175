import { AuthenticationError, HttpClientError, ReauthenticationRequiredError } from '../fixtures/library.ts'
import type { CallKind, ManagerCall } from './caller.ts'
import type { Invariants } from './invariants.ts'
import { type IssuedToken, mayHaveSpent, usableUntil } from './ledger.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Simulation } from './simulation.ts'

/** The longest that each call may take. A second round is for what was joined and did not do. */
const limitsMs: Readonly<Record<CallKind, number>> = {
  getToken: 10_100,
  replaceToken: 20_200,
  forceRefresh: 20_200,
  invalidateToken: 5_000,
  revokeToken: 90_000,
  close: 85_000,
}

/** A storage call and a poll take no longer than this; who waits longer without either sleeps. */
const longestPauseMs = 1_300
/** What one process asks of the storage in its busiest second, and a good deal more. */
const storageCallsPerSecond = 200

/** Every wait ends, for a reason that can be told; a token that may be used is never withheld. */
export class WaitInvariants {
  readonly #simulation: Simulation
  readonly #invariants: Invariants
  readonly #storageCalls: Map<string, { readonly second: number; readonly count: number }> = new Map()

  constructor(simulation: Simulation, invariants: Invariants) {
    this.#simulation = simulation
    this.#invariants = invariants
  }

  /** What `getToken()` has to hand over at once, if anything: the process has it, and nobody has taken it back. */
  expected(process: SimulatedProcess, kind: CallKind): IssuedToken | undefined {
    const { ledger, scheduler } = this.#simulation
    const { handed } = process
    if (kind !== 'getToken' || handed === undefined || handed.lifetimeMs === 0 || process.closing) return undefined
    if (scheduler.now >= usableUntil(handed) - 5) return undefined
    // What it has taken over since may end earlier.
    if (process.adoptedAt > process.handedAt) return undefined
    const isOwn = handed.request?.process === process && process.adoptedAt < (handed.receivedAt ?? 0)
    if (!isOwn && this.#simulation.jumpedMsSince(handed.receivedAt ?? 0) > 0) return undefined
    const requestedAt = Math.min(handed.request?.previousFlightStartedAt ?? 0, handed.request?.at ?? 0)
    if (process.takenBackAt >= requestedAt || ledger.takenBackAt(handed.key) >= requestedAt) return undefined
    if (ledger.dataLostAt >= requestedAt || this.#simulation.clocksDisagree || process.wasStalledSince(requestedAt))
      return undefined
    return handed
  }

  onSettled(call: ManagerCall, error: unknown): void {
    const { name } = call.process
    if (call.aborted && error === call.abort?.signal.reason) return
    if (!HttpClientError.isInstance(error)) {
      this.#invariants.fail('a call ends in an error of another kind', `${name}: ${call.kind} rejects with ${String(error)}`)
      return
    }
    this.#invariants.policies.onFailed(call, error)
    if (call.kind !== 'getToken') return
    if (call.expected !== undefined)
      this.#invariants.fail('a valid token is withheld', `${name} has ${call.expected}, and says: ${error.message}`)
    this.#checkStored(call, error)
    if (ReauthenticationRequiredError.isInstance(error)) this.#checkSession(call)
  }

  /** No loop goes round as fast as the storage answers. */
  onStorageCall(process: SimulatedProcess): void {
    const second = Math.floor(this.#simulation.scheduler.now / 1_000)
    const { name } = process
    const before = this.#storageCalls.get(name)
    const count = before?.second === second ? before.count + 1 : 1
    this.#storageCalls.set(name, { second, count })
    if (count > storageCallsPerSecond) this.#invariants.fail('the storage is stormed', `${name} makes ${count} calls in a second`)
  }

  /** After each step: who still waits, and what for. */
  onStep(calls: ReadonlySet<ManagerCall>): void {
    const { now } = this.#simulation.scheduler
    for (const call of calls) {
      const { process } = call
      if (!process.alive || process.stalledUntil >= now) continue
      const waitedMs = now - call.startedAt - (process.stalledTotalMs - call.stalledBeforeMs)
      if (waitedMs > limitsMs[call.kind])
        this.#invariants.fail('a wait does not end', `${process.name}: ${call.kind} waits for ${waitedMs} ms`)
      if (call.expected !== undefined)
        this.#invariants.fail('a valid token is withheld', `${process.name} has ${call.expected}, and lets callers wait`)
      if (call.aborted) this.#invariants.fail('an abort does not end the wait', `${process.name}: ${call.kind}`)
      this.#checkSleep(call, now)
    }
  }

  /** No call sleeps through a backoff. */
  #checkSleep({ process, kind }: ManagerCall, now: number): void {
    if (kind === 'close' || kind === 'revokeToken') return
    for (const request of this.#simulation.ledger.pending) if (request.process === process) return
    const isAlone = this.#simulation.scenario.world.storage === 'none'
    if (now - process.activeAt > (isAlone ? 0 : longestPauseMs) && !process.wasStalledSince(now - longestPauseMs))
      this.#invariants.fail('a call sleeps', `${process.name}: ${kind} waits for nobody`)
  }

  /** What stands in the storage is everybody's, whatever the provider says. */
  #checkStored(call: ManagerCall, error: HttpClientError): void {
    const { process, startedAt } = call
    const { scenario, ledger, scheduler } = this.#simulation
    const stored = this.#simulation.storedToken(process.key)
    if (scenario.world.storage !== 'atomic' || stored?.appliedAt === undefined || stored.lifetimeMs === 0) return
    if (stored.appliedAt > startedAt - 1_500 || scheduler.now > usableUntil(stored) - 1_000) return
    if (process.wasTroubledSince(startedAt - 2_000) || process.wasStalledSince(startedAt - 2_000) || ledger.dataLostAt >= 0)
      return
    if (
      process.takenBackAt >= stored.appliedAt ||
      error.code === 'closed' ||
      this.#simulation.jumpedMsSince(stored.appliedAt) > 0
    )
      return
    const detail = `${stored.value} stands in the storage, and ${process.name} says: ${error.message}`
    this.#invariants.fail('a valid token is withheld', detail)
  }

  /** A person is only asked to log in when the session is over, as far as anybody can tell. */
  #checkSession({ process, startedAt }: ManagerCall): void {
    const { scenario, ledger } = this.#simulation
    if (scenario.world.grant !== 'session' || ledger.dataLostAt >= 0 || ledger.lossCauses.has(process.key)) return
    const session = ledger.sessions.find(({ key }) => key === process.key)
    const current = session?.current
    if (session === undefined || !session.alive || current === undefined) return
    const isKnown = current.appliedAt !== undefined && current.appliedAt < startedAt - 1_500
    const isStored = this.#simulation.storedRecord(process.key)?.token?.refreshToken === current.value
    if (!isKnown || !isStored || current.presentations.some(mayHaveSpent)) return
    if (process.wasTroubledSince(startedAt - 2_000) || process.wasStalledSince(startedAt - 2_000)) return
    this.#invariants.fail('a session is given up', `${process.name} asks for a login while ${current.value} is stored and good`)
  }
}

/** When the next try is due, as far as an error tells. */
export function retryAfterOf(error: unknown): number | undefined {
  return AuthenticationError.isInstance(error) ? error.retryAfterMs : undefined
}
