import type { ManagerCall } from './caller.ts'
import type { Invariants } from './invariants.ts'
import { type IssuedToken, usableUntil } from './ledger.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Simulation } from './simulation.ts'

/** A single-use token is stored this long for those who wait; then comes what a storage and a scheduler may add. */
const singleUseMs = 1_000 + 700
/** Until a notice has arrived and what it is about has been read. */
const noticeMs = 1_500

/** What may be handed to a caller: a token of his own, still good, and stored before he gets it. */
export class HandOutInvariants {
  readonly #simulation: Simulation
  readonly #invariants: Invariants

  constructor(simulation: Simulation, invariants: Invariants) {
    this.#simulation = simulation
    this.#invariants = invariants
  }

  check(call: ManagerCall, value: string): void {
    const { process } = call
    const token = this.#simulation.ledger.token(value)
    if (token === undefined || token.receivedAt === undefined || token.key !== process.key) {
      this.#invariants.fail('a foreign token is handed out', `${process.name} hands out ${value}`)
      return
    }
    if (value === call.rejected)
      this.#invariants.fail('a rejected token is handed out again', `${process.name} replaces ${value} by itself`)
    this.#checkExpiry(call, token)
    this.#checkInvalidation(call, token)
    this.#checkStored(process, token)
    this.#invariants.policies.onHandOut(call, token)
  }

  #checkExpiry({ process, startedAt }: ManagerCall, token: IssuedToken): void {
    const { now } = this.#simulation.scheduler
    const receivedAt = token.receivedAt ?? 0
    if (token.lifetimeMs === 0) {
      // Those who waited, and who waits elsewhere for the storage to tell.
      if (startedAt > receivedAt + singleUseMs + this.#clockSlackMs(process, token))
        this.#invariants.fail('an expired token is handed out', `${process.name} hands out ${token.value}, which was for one use`)
      return
    }
    const lateMs = now - usableUntil(token)
    // A process that stood still hands out what it had taken before.
    if (process.wasStalledSince(now - 1)) return
    if (lateMs > 1 + this.#clockSlackMs(process, token))
      this.#invariants.fail(
        'an expired token is handed out',
        `${process.name} hands out ${token.value} ${Math.round(lateMs)} ms late`,
      )
  }

  /** How wrong a time may be that went through a storage, because somebody's clock was set meanwhile or is wrong. */
  #clockSlackMs(process: SimulatedProcess, token: IssuedToken): number {
    const { world } = this.#simulation.scenario
    if (world.storage === 'none') return 0
    if (world.storage === 'plain') return this.#simulation.clockSpreadMs
    if (token.request?.process === process && process.adoptedAt < (token.receivedAt ?? 0)) return 0
    return this.#simulation.jumpedMsSince(token.receivedAt ?? 0)
  }

  #checkInvalidation(call: ManagerCall, token: IssuedToken): void {
    const { process, startedAt } = call
    const requestedAt = token.request?.at ?? 0
    // A call that began before the invalidation gets what it waited for.
    const isOwn = token.request?.process === process
    const isCalm = !process.wasTroubledSince(process.invalidatedAt - 2_000) && this.#simulation.ledger.dataLostAt < 0
    if (isOwn && isCalm && process.invalidatedAt > requestedAt && startedAt > process.invalidatedAt)
      this.#invariants.fail(
        'an invalidated token is handed out',
        `${process.name} hands out ${token.value}, asked for before its invalidation`,
      )
    this.#checkRemoteInvalidation(call, token)
  }

  /** What one process forgot, the others forget as soon as they have been told. */
  #checkRemoteInvalidation({ process, startedAt }: ManagerCall, token: IssuedToken): void {
    const { ledger, scenario } = this.#simulation
    const at = ledger.invalidatedAt.get(token.key) ?? Number.NEGATIVE_INFINITY
    if (scenario.world.storage !== 'atomic' || at < (token.request?.at ?? 0) || startedAt < at + noticeMs) return
    if (this.#simulation.lostNoticeAt >= at - 100 || ledger.dataLostAt >= 0) return
    // A process that is renewing, or has just done so, looks when it has finished.
    if (process.activeAt >= startedAt - noticeMs) return
    // Between the write and its answer nobody can tell which came first.
    if ((token.appliedAt ?? Number.NEGATIVE_INFINITY) >= at) return
    if (process.wasTroubledSince(at - 2_000) || process.wasStalledSince(at - 2_000)) return
    if ((token.receivedAt ?? 0) >= at) return
    const who = process.invalidatedAt > Number.NEGATIVE_INFINITY ? 'where it forgot one itself' : 'by another process'
    this.#invariants.fail(
      'an invalidated token is handed out',
      `${process.name} hands out ${token.value}, forgotten ${startedAt - at} ms before, ${who}`,
    )
  }

  /** Nobody gets an access token whose refresh token could still be lost. */
  #checkStored(process: SimulatedProcess, token: IssuedToken): void {
    const { scenario, ledger } = this.#simulation
    const { refresh, request } = token
    if (scenario.world.storage === 'none' || refresh === undefined || request?.process !== process) return
    if (refresh.appliedAt !== undefined || process.wasTroubledSince(request.at - 1_000)) return
    const isInvalidated =
      process.takenBackAt >= request.previousFlightStartedAt || ledger.takenBackAt(token.key) >= request.previousFlightStartedAt
    // Where somebody was faster, or took the version away, there is nothing to store any more.
    const wasSlow = this.#simulation.processes.some((other) => other.wasStalledSince(request.previousFlightStartedAt - 2_000))
    if (isInvalidated || ledger.dataLostAt >= 0 || wasSlow) return
    this.#invariants.fail(
      'handed out before it is stored',
      `${process.name} hands out ${token.value} before ${refresh.value} is stored`,
    )
  }
}
