import { AuthenticationError } from '../fixtures/library.ts'
import type { ManagerCall } from './caller.ts'
import type { Invariants } from './invariants.ts'
import type { IssuedToken, TokenRequest } from './ledger.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Simulation } from './simulation.ts'
import { cannotWait } from './storage-connection.ts'

const longestRetryAfterMs = 300_000
const renewalTimeoutMs = 10_000
/** After a failure a storage is left alone for this long, but for rounding. */
const storagePauseMs = 990
/** A renewal that has been answered is stored, or its failure told, in this time. */
const settlingMs = 500
/** The last that a long-lived token is due, before its end. */
const dueBeforeEndMs = 90_000

/** What the options say, and what a caller may rely on beside the token itself. */
export class PolicyInvariants {
  readonly #simulation: Simulation
  readonly #invariants: Invariants

  constructor(simulation: Simulation, invariants: Invariants) {
    this.#simulation = simulation
    this.#invariants = invariants
  }

  onRequest(request: TokenRequest): void {
    this.#checkShared(request)
    this.#checkStoragePolicy(request)
  }

  /** Who forces a renewal while another one that was forced is on its way is content with that. */
  #checkShared({ process, reason, flightStartedAt }: TokenRequest): void {
    if (reason !== 'forced' || process.wasStalledSince(flightStartedAt - renewalTimeoutMs)) return
    const joinable = this.#simulation.ledger.requests.find(
      (other) =>
        other.process === process &&
        other.reason === 'forced' &&
        other.outcome === 'success' &&
        other.at < flightStartedAt &&
        (other.endedAt ?? 0) > flightStartedAt &&
        other.flightStartedAt > flightStartedAt - renewalTimeoutMs &&
        process.takenBackAt < other.flightStartedAt,
    )
    if (joinable !== undefined)
      this.#invariants.fail('a forced renewal is not shared', `${process.name} forces one more while #${joinable.id} runs`)
  }

  /** Without its storage a process does what the options allow. */
  #checkStoragePolicy({ process, flightStartedAt, refresh }: TokenRequest): void {
    const { scenario, faults } = this.#simulation
    const { onStorageFailure } = scenario.world
    const fault = faults.storage(process.index)
    if (fault?.mode !== 'rejects' || flightStartedAt < fault.at || process.wasStalledSince(fault.at)) return
    const isForbidden = onStorageFailure === 'error' || (onStorageFailure === 'fetch' && refresh !== undefined)
    if (isForbidden)
      this.#invariants.fail('a renewal without the storage', `${process.name}: the policy is '${onStorageFailure}'`)
  }

  onStorageCall(process: SimulatedProcess, operation: string): void {
    const sinceMs = this.#simulation.scheduler.now - process.storageFailedAt
    // What is not stored by now is tried for the last time.
    if (process.closing) return
    // What comes too late is given back at once.
    if (operation !== 'release' && !cannotWait(operation) && sinceMs > 0 && sinceMs < storagePauseMs)
      this.#invariants.fail('a storage that failed is not left alone', `${process.name}: ${operation} after ${sinceMs} ms`)
  }

  /** A token that is handed out in the last of its time has been renewed ahead, or somebody has tried. */
  onHandOut({ process, startedAt, kind }: ManagerCall, token: IssuedToken): void {
    const { world } = this.#simulation.scenario
    const { receivedAt = 0, lifetimeMs } = token
    if (!world.renewAhead || kind !== 'getToken' || token.request?.process !== process || process.adoptedAt >= receivedAt) return
    const dueMs = lifetimeMs > 3_600_000 ? lifetimeMs - dueBeforeEndMs : lifetimeMs * 0.9
    const dueFromMs = lifetimeMs > 3_600_000 ? lifetimeMs - 300_000 : lifetimeMs * 0.75
    if (lifetimeMs < 5_000 || startedAt <= receivedAt + dueMs - lifetimeMs * 0.025 + 5) return
    if (process.flightStarts.some((at) => at >= receivedAt + dueFromMs - 5)) return
    // What began before may still run; a failure is remembered for its time.
    const since = receivedAt + dueFromMs - settlingMs
    const { requests } = this.#simulation.ledger
    if (requests.some(({ outcome, at, endedAt }) => at >= receivedAt && (outcome !== 'success' || (endedAt ?? 0) >= since)))
      return
    this.#invariants.fail('a due token is not renewed', `${process.name} hands out ${token.value} and starts no renewal`)
  }

  onFailed(call: ManagerCall, error: unknown): void {
    const { world } = this.#simulation.scenario
    if (!AuthenticationError.isInstance(error) || world.grant !== 'client_credentials') return
    const { process, kind } = call
    const { retryAfterMs = 0 } = error
    if (retryAfterMs > longestRetryAfterMs)
      this.#invariants.fail('a pause is too long', `${process.name} is to come again in ${retryAfterMs} ms`)
    if (kind === 'forceRefresh' && !this.#wasAsked(call) && !process.wasTroubledSince(call.startedAt - 2_000))
      this.#invariants.fail('a forced renewal asks nobody', `${process.name}: ${error.message}`)
  }

  /** What was revoked is not left for others. Everybody has had the time to take it away. */
  onEnd(): void {
    const { ledger, scenario } = this.#simulation
    if (scenario.world.storage !== 'atomic' || ledger.dataLostAt >= 0 || scenario.faults.some(({ kind }) => kind === 'crash'))
      return
    for (const [key, at] of ledger.revokedAt) {
      const stored = this.#simulation.storedToken(key)
      if (stored?.appliedAt !== undefined && (stored.request?.at ?? 0) < at && stored.session?.alive === false)
        this.#invariants.fail('a revoked token stays in the storage', `${stored.value}, revoked at ${at} ms`)
    }
  }

  /** Then, or by the renewal that was being settled then: that is shared. */
  #wasAsked({ process, startedAt }: ManagerCall): boolean {
    const since = startedAt - settlingMs
    return this.#simulation.ledger.requests.some(({ key, endedAt }) => key === process.key && (endedAt ?? since) >= since)
  }
}
