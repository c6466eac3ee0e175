import type { RenewalReason, TokenManager } from '../../src/index.ts'
import type { IssuedRefresh, IssuedToken, RequestOutcome, Session, TokenRequest } from './ledger.ts'
import { mayHaveSpent } from './ledger.ts'
import { ProviderConnection } from './provider-connection.ts'
import type { CrashFault } from './scenario.ts'
import type { EventOwner } from './scheduler.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { Simulation } from './simulation.ts'
import { StorageConnection } from './storage-connection.ts'
import { VirtualClock } from './virtual-clock.ts'

/** What of a manager the simulation drives: the real one, or one that is wrong on purpose. */
export type SimulatedManager = Pick<
  TokenManager,
  'getToken' | 'replaceToken' | 'forceRefresh' | 'invalidateToken' | 'revokeToken' | 'peekToken' | 'on' | 'close'
>

/** One life of one process: its clocks, its manager, and what it could know. After a crash another life begins. */
export class SimulatedProcess implements EventOwner {
  readonly index: number
  readonly name: string
  readonly key: number
  readonly random: SeededRandom
  readonly clock: VirtualClock
  readonly manager: SimulatedManager
  alive = true
  closing = false
  stalledUntil: number = Number.NEGATIVE_INFINITY
  stalledTotalMs = 0
  /** Until then the storage's trouble may explain what this process does. */
  troubledUntil: number = Number.NEGATIVE_INFINITY
  /** When a call to the storage last failed, before its time was up. */
  storageFailedAt: number = Number.NEGATIVE_INFINITY
  jumpedAt: number = Number.NEGATIVE_INFINITY
  /** When it last called the storage or the provider, or was answered. */
  activeAt = 0
  flightReason: RenewalReason | undefined
  flightStartedAt = 0
  /** When its renewals began: one may begin while those before it are still being settled. */
  readonly flightStarts: number[] = []
  /** The last token that it got from the provider. */
  minted: IssuedToken | undefined
  /** The last token that a caller got, and the one before. */
  handed: IssuedToken | undefined
  earlier: IssuedToken | undefined
  handedAt: number = Number.NEGATIVE_INFINITY
  adoptedAt: number = Number.NEGATIVE_INFINITY
  readonly rejected: Set<string> = new Set()
  forcedAt: number = Number.NEGATIVE_INFINITY
  /** Whether the next call that cannot wait fails. */
  nextBlips = false
  invalidatedAt: number = Number.NEGATIVE_INFINITY
  /** A revocation waits for a running renewal: when it takes hold is its own secret. */
  revoking = 0
  revokedAt: number = Number.NEGATIVE_INFINITY
  /** The newest refresh token that reached it, by session. */
  readonly seen: Map<Session, number> = new Map()
  readonly #simulation: Simulation
  readonly #crashes: CrashFault[]
  #calls = 0

  constructor(simulation: Simulation, index: number, life: number) {
    const { scenario, scheduler } = simulation
    this.index = index
    this.name = life === 0 ? `p${index}` : `p${index}'${life}`
    this.key = index % scenario.world.keys
    this.random = simulation.random.fork(this.name)
    this.activeAt = scheduler.now
    this.clock = new VirtualClock(scheduler, this, scenario.world.clockOffsetsMs[index] ?? 0)
    this.#simulation = simulation
    this.#crashes =
      life > 0 ? [] : (scenario.faults.filter((fault) => fault.kind === 'crash' && fault.process === index) as CrashFault[])
    const { world } = scenario
    this.manager = simulation.createManager({
      provider: new ProviderConnection(simulation, this),
      storage: world.storage === 'none' ? undefined : new StorageConnection(simulation, this),
      clock: this.clock,
      random: this.random.fork('jitter').next,
      renewAhead: world.renewAhead,
      onInDoubt: world.onInDoubt,
      onStorageFailure: world.onStorageFailure,
    })
    this.manager.on('renewal-started', ({ reason }) => {
      this.flightReason = reason
      this.flightStarts.push(scheduler.now)
      this.flightStartedAt = scheduler.now
    })
    this.manager.on('adopted', () => {
      this.adoptedAt = scheduler.now
    })
  }

  /** The storage does not do for this process what it should; the manager leaves it alone for a while. */
  troubled(): void {
    this.troubledUntil = Math.max(this.troubledUntil, this.#simulation.scheduler.now + 3_500)
  }

  wasTroubledSince(at: number): boolean {
    return this.troubledUntil >= at
  }

  wasStalledSince(at: number): boolean {
    return this.stalledUntil >= at
  }

  stall(forMs: number): void {
    const { now } = this.#simulation.scheduler
    const until = Math.max(this.stalledUntil, now + forMs)
    this.stalledTotalMs += until - Math.max(this.stalledUntil, now)
    this.stalledUntil = until
  }

  /** A call to the storage begins; what is given to the result ends it. */
  beginStep(operation: string): (settle: () => void) => void {
    const { scheduler, trace } = this.#simulation
    const startedAt = scheduler.now
    this.activeAt = startedAt
    this.#simulation.invariants.waits.onStorageCall(this)
    this.#simulation.invariants.policies.onStorageCall(this, operation)
    return (settle) => {
      this.activeAt = scheduler.now
      if (operation !== 'extend') trace.line(() => `${this.name} ⇐ storage: ${operation}`)
      // The manager does not wait any longer than this.
      if (scheduler.now - startedAt >= 250) this.troubled()
      settle()
    }
  }

  beginRequest(refresh: IssuedRefresh | undefined): TokenRequest {
    const { ledger, scheduler } = this.#simulation
    const { flightReason: reason, flightStartedAt } = this
    const previousFlightStartedAt = this.flightStarts.at(-3) ?? 0
    const request: TokenRequest = {
      id: ledger.requests.length,
      process: this,
      key: this.key,
      refresh,
      reason,
      flightStartedAt,
      previousFlightStartedAt,
      at: scheduler.now,
      endedAt: undefined,
      outcome: 'pending',
    }
    ledger.requests.push(request)
    ledger.pending.add(request)
    refresh?.presentations.push(request)
    this.activeAt = scheduler.now
    return request
  }

  endRequest(request: TokenRequest, outcome: RequestOutcome): void {
    const { ledger, scheduler } = this.#simulation
    request.outcome = outcome
    request.endedAt = scheduler.now
    ledger.pending.delete(request)
    this.activeAt = scheduler.now
    if (outcome === 'lost' && request.refresh !== undefined) ledger.excuseLoss(this.key, 'the answer to a refresh was lost')
  }

  /** A token has reached this process: from the provider, or out of the storage. */
  sees(token: IssuedToken | undefined, refreshValue?: string): void {
    const refresh = this.#simulation.ledger.refresh(refreshValue) ?? token?.refresh
    if (refresh !== undefined) this.seen.set(refresh.session, Math.max(this.seen.get(refresh.session) ?? 0, refresh.generation))
  }

  /** A caller has got a token. */
  hand(token: IssuedToken | undefined): void {
    if (token === undefined || token === this.handed) return
    this.earlier = this.handed
    this.handed = token
    this.handedAt = this.#simulation.scheduler.now
  }

  /** An invalidation has ended: where nothing was in its way, the token is gone from the storage. */
  noteForgotten(startedAt: number): void {
    const { ledger } = this.#simulation
    const wasCalm = !this.wasTroubledSince(startedAt - 2_000) && !this.wasStalledSince(startedAt - 2_000)
    // Its own renewal is not disturbed: it sees for itself that it was invalidated.
    if ([...ledger.pending].some((request) => request.process === this)) return
    if (wasCalm && this.activeAt < startedAt - 2_000 && this.invalidatedAt === startedAt)
      ledger.invalidatedAt.set(this.key, Math.max(startedAt, ledger.takenBackAt(this.key)))
  }

  noteForced(): void {
    this.forcedAt = this.#simulation.scheduler.now
  }

  /** When it last forgot its token, or may have. */
  get takenBackAt(): number {
    return this.revoking > 0 ? this.#simulation.scheduler.now : Math.max(this.invalidatedAt, this.revokedAt)
  }

  /** A revocation begins or ends. */
  noteRevoked(change: 1 | -1): void {
    this.revoking += change
    const { ledger, scheduler } = this.#simulation
    this.revokedAt = scheduler.now
    ledger.isForgotten.add(this.key)
    ledger.revokedAt.set(this.key, scheduler.now)
    ledger.excuseLoss(this.key, 'it was revoked')
  }

  /** Somebody wants the token forgotten. */
  noteInvalidated(): void {
    const { scenario, scheduler, ledger } = this.#simulation
    this.invalidatedAt = scheduler.now
    ledger.isForgotten.add(this.key)
    if (scenario.world.storage === 'none') ledger.invalidatedAt.set(this.key, scheduler.now)
  }

  /** A call to storage or provider has come to `stage`: here the process may end. */
  atCall(stage: CrashFault['stage']): void {
    if (stage === 'sent') this.#calls += 1
    const crash = this.#crashes.find((fault) => fault.atCall === this.#calls && fault.stage === stage)
    if (crash !== undefined) this.crash(crash)
  }

  /** Nothing of this process ever goes on; what it has sent is still on its way. */
  crash(fault: CrashFault): void {
    const { ledger, trace, scheduler, scenario } = this.#simulation
    if (!this.alive || scheduler.now >= scenario.world.durationMs) return
    trace.line(() => `${this.name} is killed`)
    this.alive = false
    for (const request of ledger.pending) {
      if (request.process !== this) continue
      ledger.pending.delete(request)
      if (request.refresh !== undefined) ledger.excuseLoss(this.key, 'a process was killed that had sent a refresh token')
    }
    if (this.minted?.refresh !== undefined && this.minted.refresh.appliedAt === undefined)
      ledger.excuseLoss(this.key, 'a process was killed before it could store a refresh token')
    if (scenario.world.onInDoubt === 'error')
      ledger.excuseLoss(this.key, 'a killed process leaves a doubt, and the policy is not to try')
    this.#simulation.onCrash(this, fault)
  }

  /** Requests of this life that presented `refresh` and may have spent it. */
  presented(refresh: IssuedRefresh): readonly TokenRequest[] {
    return refresh.presentations.filter((request) => request.process === this && mayHaveSpent(request))
  }
}
