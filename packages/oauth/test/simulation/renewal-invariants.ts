import type { Invariants } from './invariants.ts'
import type { IssuedToken, TokenRequest } from './ledger.ts'
import { checkPresentation } from './refresh-invariants.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Simulation } from './simulation.ts'

/** Waits of the library itself are a little longer than these, by the time that answers take. */
const renewalTimeoutMs = 10_000
const refreshHardCapMs = 60_000
const longestRetryAfterMs = 300_000
const permanentPauseMs = 5_000
const minForcedIntervalMs = 1_000

/** Never two renewals at one time, none without need, none before its time. */
export class RenewalInvariants {
  readonly #simulation: Simulation
  readonly #invariants: Invariants
  /** Until when the server, or a refusal for good, forbids to ask again; by key. */
  readonly #refusals: { readonly request: TokenRequest; readonly at: number; readonly until: number }[] = []

  constructor(simulation: Simulation, invariants: Invariants) {
    this.#simulation = simulation
    this.#invariants = invariants
  }

  onRequest(request: TokenRequest): void {
    this.#checkOverlap(request)
    this.#checkNeed(request)
    this.#checkPause(request)
    this.#checkForcedInterval(request)
    this.#invariants.policies.onRequest(request)
    if (request.refresh !== undefined) checkPresentation(this.#simulation, this.#invariants, request, request.refresh)
  }

  /** The server said when to come again, or that there is no use. */
  onRefused(request: TokenRequest, retryAfterMs: number | undefined, isPermanent: boolean): void {
    const at = this.#simulation.scheduler.now
    const pauseMs = isPermanent ? permanentPauseMs : Math.min(retryAfterMs ?? 0, longestRetryAfterMs)
    if (pauseMs > 0) this.#refusals.push({ request, at, until: at + pauseMs })
  }

  /** Only a renewal that has had its time is given up. */
  onAbort(request: TokenRequest): void {
    if (request.endedAt !== undefined || request.process.closing) return
    const { now } = this.#simulation.scheduler
    const isRefresh = request.refresh !== undefined
    // A renewal's time begins with it, also while it waits for the one before.
    const starts = isRefresh ? [request.at + refreshHardCapMs] : request.process.flightStarts.map((at) => at + renewalTimeoutMs)
    const isDue = starts.some((at) => Math.abs(at - now) <= 1) || request.process.wasStalledSince(now - renewalTimeoutMs)
    if (!isDue) {
      const what = isRefresh ? 'a refresh token on its way' : 'a renewal'
      this.#invariants.fail(
        'a renewal is given up too early',
        `${request.process.name} gave up ${what} after ${now - request.at} ms`,
      )
    }
  }

  #checkOverlap(request: TokenRequest): void {
    const { ledger, scenario } = this.#simulation
    for (const other of ledger.pending) {
      if (other === request || other.key !== request.key) continue
      const isOwn = other.process === request.process
      if (!isOwn && (scenario.world.storage !== 'atomic' || this.#mayHaveLostLease(other, request))) continue
      const detail = `${request.process.name} asks while #${other.id} of ${other.process.name} runs`
      this.#invariants.fail('two renewals at one time', detail)
    }
  }

  #mayHaveLostLease(holder: TokenRequest, rival: TokenRequest): boolean {
    const since = Math.min(holder.at, rival.previousFlightStartedAt) - 2_000
    if (this.#simulation.ledger.dataLostAt >= since) return true
    return [holder.process, rival.process].some(
      (process) => !process.alive || process.wasTroubledSince(since) || process.wasStalledSince(since),
    )
  }

  /** Nobody asks for a token when one stands in the storage that everybody may use. */
  #checkNeed(request: TokenRequest): void {
    const { process } = request
    const stored = this.#storedAndFresh(request)
    if (stored === undefined || process.forcedAt >= request.flightStartedAt || process.rejected.has(stored.value)) return
    // What was taken back while it was renewed is for those alone who waited for it, though it reaches the storage later.
    const since = stored.request?.process === process ? stored.request.at : (stored.appliedAt ?? 0)
    if (process.takenBackAt >= since || request.reason === 'forced' || this.#isForcing(process)) return
    const detail = `${process.name} asks (${request.reason}) though ${stored.value} stands in the storage`
    this.#invariants.fail('a renewal without need', detail)
  }

  /** A forced renewal that waited for another one asks when others have begun since: the request is taken for theirs. */
  #isForcing(process: SimulatedProcess): boolean {
    return [...this.#simulation.callers.waiting].some((call) => call.process === process && call.kind === 'forceRefresh')
  }

  #storedAndFresh({ process, key }: TokenRequest): IssuedToken | undefined {
    const { scheduler, ledger, scenario } = this.#simulation
    const { world } = scenario
    const { now } = scheduler
    const stored = world.storage === 'none' ? this.#heldAlone(process.minted, key) : this.#simulation.storedToken(key)
    if (stored === undefined || stored.lifetimeMs === 0 || stored.appliedAt === undefined) return undefined
    if (ledger.dataLostAt >= 0 || process.wasTroubledSince(Math.min(now, stored.appliedAt) - 1_000)) return undefined
    // What could not be stored at once comes when another has begun.
    if (stored.request?.process.wasTroubledSince(stored.appliedAt - 2_000) && stored.appliedAt > now - 600) return undefined
    if (process.wasStalledSince(now - 3_000) || process.jumpedAt >= stored.issuedAt) return undefined
    // A plain storage is read before the request, not under a lock, and keeps the writer's clock.
    if (world.storage === 'plain' && (stored.appliedAt > now - 600 || this.#simulation.clocksDisagree)) return undefined
    const freshMs = stored.lifetimeMs > 3_600_000 ? stored.lifetimeMs - 300_000 : stored.lifetimeMs * 0.75
    return now < (stored.receivedAt ?? 0) + freshMs - 5 ? stored : undefined
  }

  /** Without a storage what the process has is what there is. */
  #heldAlone(minted: IssuedToken | undefined, key: number): IssuedToken | undefined {
    if (minted === undefined || this.#simulation.ledger.takenBackAt(key) >= (minted.request?.previousFlightStartedAt ?? 0))
      return undefined
    minted.appliedAt ??= minted.receivedAt
    return minted
  }

  #checkPause(request: TokenRequest): void {
    const { ledger, scenario } = this.#simulation
    const { process, key, at } = request
    if (request.reason === 'forced' || process.forcedAt >= request.flightStartedAt) return
    for (const refusal of this.#refusals) {
      const { request: refused, until } = refusal
      if (at >= until || refused.key !== key || request.flightStartedAt < refusal.at) continue
      if (ledger.takenBackAt(key) >= refusal.at || process.takenBackAt >= refusal.at) continue
      if (ledger.requests.some((other) => other.key === key && other.outcome === 'success' && (other.endedAt ?? 0) >= refused.at))
        continue
      if (refused.process !== process) {
        if (scenario.world.storage !== 'atomic' || request.flightStartedAt < refusal.at + 1_000) continue
        if (this.#mayHaveLostLease(refused, request) || ledger.dataLostAt >= 0) continue
      }
      this.#invariants.fail(
        'asked before its time',
        `${process.name} asks ${until - at} ms before the pause after #${refused.id} is over`,
      )
    }
  }

  #checkForcedInterval(request: TokenRequest): void {
    const { process } = request
    const before = this.#simulation.ledger.requests.findLast(
      (other) => other !== request && other.process === process && other.outcome === 'success',
    )
    if (request.reason !== 'rejected' || before?.reason !== 'rejected' || before.endedAt === undefined) return
    const invalidatedAt = this.#simulation.ledger.takenBackAt(process.key)
    if (
      Math.max(process.takenBackAt, invalidatedAt) >= before.at ||
      process.forcedAt >= before.at ||
      before.flightStartedAt === request.flightStartedAt
    )
      return
    if (
      (process.minted?.lifetimeMs ?? 0) < 2_000 ||
      process.minted?.request !== before ||
      process.handed !== process.minted ||
      !process.rejected.has(process.minted.value)
    )
      return
    if (request.flightStartedAt < before.endedAt || request.flightStartedAt >= before.endedAt + minForcedIntervalMs) return
    this.#invariants.fail(
      'rejections storm the provider',
      `${process.name} asks ${request.flightStartedAt - before.endedAt} ms after a renewal by rejection`,
    )
  }

  /** How many requests an outage may cost. */
  checkBudget(): void {
    const { ledger, scenario } = this.#simulation
    for (const fault of scenario.faults) {
      if (fault.kind !== 'provider' || (fault.mode !== 'unavailable' && fault.mode !== 'refuses')) continue
      for (let key = 0; key < scenario.world.keys; key += 1) {
        const requests = ledger.requests.filter(
          (request) =>
            request.key === key && request.reason !== 'forced' && request.at >= fault.at && request.at < fault.at + fault.forMs,
        )
        const processes = new Set(requests.map((request) => request.process)).size
        const resets = scenario.operations.filter(
          ({ kind }) => kind === 'invalidate' || kind === 'revoke' || kind === 'force',
        ).length
        const limit = 10 + processes * (8 + 2 * Math.log2(1 + fault.forMs / 250)) + resets * 4
        if (requests.length > limit)
          this.#invariants.fail('an outage is stormed', `${requests.length} requests in ${fault.forMs} ms`)
      }
    }
  }
}
