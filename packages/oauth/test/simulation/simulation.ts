import type { TokenData, TokenManagerOptions } from '../../src/index.ts'
import { ActiveFaults } from './active-faults.ts'
import { Callers } from './callers.ts'
import { Invariants, type Violation } from './invariants.ts'
import { type IssuedToken, Ledger } from './ledger.ts'
import { recover } from './recovery.ts'
import type { CrashFault, Fault, Scenario } from './scenario.ts'
import { Scheduler } from './scheduler.ts'
import { SeededRandom } from './seeded-random.ts'
import { type SimulatedManager, SimulatedProcess } from './simulated-process.ts'
import { SimulatedProvider } from './simulated-provider.ts'
import { SimulatedStorage, type StoredRecord } from './simulated-storage.ts'
import type { StorageWrite } from './storage-invariants.ts'
import { Trace } from './trace.ts'
import { epoch } from './virtual-clock.ts'

/** How a process gets its manager. */
export type CreateManager = (options: TokenManagerOptions) => SimulatedManager

/** Who wants to be told of changes. */
export interface NoticeListener {
  readonly key: string
  readonly listener: () => void
  readonly process: SimulatedProcess
}

/** How a scenario went. */
export interface SimulationResult {
  readonly violation: Violation | undefined
  readonly trace: readonly string[]
  readonly steps: number
  readonly requests: number
}

/** One world from its beginning to its end. */
export class Simulation {
  readonly scenario: Scenario
  readonly createManager: CreateManager
  readonly random: SeededRandom
  readonly scheduler: Scheduler
  readonly trace: Trace
  readonly ledger: Ledger = new Ledger()
  readonly invariants: Invariants
  readonly faults: ActiveFaults
  readonly provider: SimulatedProvider
  readonly storage: SimulatedStorage
  readonly callers: Callers
  readonly listeners: Set<NoticeListener> = new Set()
  /** The present life of each process. */
  readonly processes: SimulatedProcess[] = []
  lostNoticeAt: number = Number.NEGATIVE_INFINITY
  readonly #jumps: { readonly at: number; readonly byMs: number }[] = []
  readonly #lives: number[] = []
  readonly #storageKeys: Map<number, string> = new Map()

  constructor(scenario: Scenario, createManager: CreateManager, isTraced: boolean) {
    this.scenario = scenario
    this.createManager = createManager
    this.random = new SeededRandom(scenario.seed).fork('simulation')
    this.scheduler = new Scheduler(this.random.fork('order'))
    const now = (): number => this.scheduler.now
    this.trace = new Trace(isTraced, now)
    this.invariants = new Invariants(this)
    this.faults = new ActiveFaults(scenario.faults, now)
    this.provider = new SimulatedProvider(this.ledger, scenario.world, now)
    this.storage = new SimulatedStorage(now, (key) => this.#notify(key))
    this.callers = new Callers(this)
  }

  async run(): Promise<SimulationResult> {
    const onUnhandled = (error: unknown): void => this.invariants.fail('a rejection is unhandled', String(error))
    process.on('unhandledRejection', onUnhandled)
    try {
      const { world, operations, faults } = this.scenario
      for (let index = 0; index < world.processes; index += 1) this.#start(index)
      for (const operation of operations) this.callers.schedule(operation)
      for (const fault of faults) this.#scheduleFault(fault)
      await this.runUntil(world.durationMs)
      this.invariants.renewals.checkBudget()
      if (this.invariants.violation === undefined) await recover(this)
    } finally {
      process.off('unhandledRejection', onUnhandled)
    }
    const { violation } = this.invariants
    return { violation, trace: this.trace.lines, steps: this.scheduler.steps, requests: this.ledger.requests.length }
  }

  /** Runs on, with a look at everybody who waits after each step. */
  async runUntil(at: number, isOver: () => boolean = () => false): Promise<void> {
    await this.scheduler.run(at, () => {
      this.invariants.waits.onStep(this.callers.waiting)
      return this.invariants.violation !== undefined || isOver()
    })
  }

  storedRecord(key: number): StoredRecord | undefined {
    const storageKey = this.#storageKeys.get(key)
    return storageKey === undefined ? undefined : this.storage.record(storageKey)
  }

  storedToken(key: number): IssuedToken | undefined {
    return this.ledger.token(this.storedRecord(key)?.token?.accessToken)
  }

  /** The storage has taken a token, or forgotten one. */
  onWritten(key: number, written: TokenData | undefined, how: StorageWrite): void {
    const { now } = this.scheduler
    this.invariants.stores.onWritten(key, written, how)
    const token = this.ledger.token(written?.accessToken)
    if (token === undefined) this.ledger.invalidatedAt.set(key, now)
    else token.appliedAt ??= now
    const refresh = this.ledger.refresh(written?.refreshToken)
    if (refresh !== undefined) refresh.appliedAt ??= now
  }

  onCrash(crashed: SimulatedProcess, fault: CrashFault): void {
    for (const entry of this.listeners) if (entry.process === crashed) this.listeners.delete(entry)
    this.callers.forget(crashed)
    const restartsAt = Math.min(this.scheduler.now + fault.restartAfterMs, this.scenario.world.durationMs - 1)
    this.scheduler.after(restartsAt - this.scheduler.now, undefined, () => this.#start(crashed.index))
  }

  /** The key under which a manager stores its token: its own secret, which its first call tells. */
  learnStorageKey(key: number, storageKey: string): void {
    if (this.#storageKeys.has(key)) return
    this.#storageKeys.set(key, storageKey)
    if (this.scenario.world.grant === 'session') this.#logIn(key, storageKey)
  }

  /** A session begins outside: its first token stands in the storage. */
  #logIn(key: number, storageKey: string): void {
    const issued = this.provider.mint(key, undefined)
    const { now } = this.scheduler
    issued.receivedAt = now
    const isRebased = this.scenario.world.storage === 'atomic'
    const issuedAt = isRebased ? now : epoch + now
    const token = {
      accessToken: issued.value,
      issuedAt,
      expiresAt: issuedAt + issued.lifetimeMs,
      refreshToken: issued.refresh?.value,
    }
    Object.assign(this.storage.record(storageKey), { version: 1, token })
    this.onWritten(key, token, 'login')
  }

  get clockSpreadMs(): number {
    const offsets = [...this.scenario.world.clockOffsetsMs, 0]
    return Math.max(...offsets) - Math.min(...offsets) + this.jumpedMsSince(Number.NEGATIVE_INFINITY)
  }

  get clocksDisagree(): boolean {
    return this.scenario.world.storage === 'plain' ? this.clockSpreadMs > 0 : this.#jumps.length > 0
  }

  /** How far clocks were set, by anybody, since then. */
  jumpedMsSince(at: number): number {
    return this.#jumps.reduce((sum, jump) => (jump.at >= at ? sum + Math.abs(jump.byMs) : sum), 0)
  }

  #start(index: number): void {
    const life = this.#lives[index] ?? 0
    this.#lives[index] = life + 1
    this.processes[index] = new SimulatedProcess(this, index, life)
    this.trace.line(() => `${this.processes[index]?.name} starts`)
  }

  #notify(key: string): void {
    for (const entry of this.listeners) {
      if (entry.key !== key || !entry.process.alive) continue
      const { random } = entry.process
      const isLost = this.faults.losesNotices || this.faults.storage(entry.process.index) !== undefined
      if (isLost) this.lostNoticeAt = this.scheduler.now
      const times = isLost ? 0 : random.chance(0.1) ? 2 : 1
      for (let time = 0; time < times; time += 1)
        this.scheduler.after(random.int(0, this.scenario.world.storageDelayMs), entry.process, () => {
          if (this.listeners.has(entry)) entry.listener()
        })
    }
  }

  #scheduleFault(fault: Fault): void {
    if (fault.at === undefined) return
    this.scheduler.after(fault.at, undefined, () => {
      this.trace.line(() => `fault f${fault.id}: ${JSON.stringify(fault)}`)
      this.#strike(fault)
    })
  }

  #strike(fault: Fault): void {
    const { now } = this.scheduler
    const struck = 'process' in fault && fault.process !== undefined ? this.processes[fault.process] : undefined
    switch (fault.kind) {
      case 'stall':
        struck?.stall(fault.forMs)
        break
      case 'blip':
        if (struck !== undefined) struck.nextBlips = true
        break
      case 'jump':
        if (struck === undefined) break
        struck.clock.offsetMs += fault.byMs
        struck.jumpedAt = now
        this.#jumps.push({ at: now, byMs: fault.byMs })
        break
      case 'crash':
        struck?.crash(fault)
        break
      case 'revoke-tokens':
        this.provider.revokeAll()
        break
      case 'kill-session':
        for (const session of this.ledger.sessions) {
          this.provider.end(session)
          this.ledger.excuseLoss(session.key, 'an administrator ended it')
        }
        break
      case 'flush':
        this.storage.flush()
        this.#loseData()
        break
      case 'rollback':
        if (this.storage.rollBack()) this.#loseData()
        break
    }
  }

  #loseData(): void {
    this.ledger.dataLostAt = this.scheduler.now
    for (let key = 0; key < this.scenario.world.keys; key += 1) this.ledger.excuseLoss(key, 'the storage lost it')
  }
}
