import type { ClaimRequest, RenewalCoordinator, RenewalLease, StoredToken, TokenData, TokenStorage } from '../../src/index.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { ClaimAnswer, TakenLease } from './simulated-storage.ts'
import type { Simulation } from './simulation.ts'

/** One process's way to the storage: every step takes time, and may go wrong on the way there or back. */
export class StorageConnection implements TokenStorage {
  readonly coordinator: RenewalCoordinator | undefined
  readonly #simulation: Simulation
  readonly #process: SimulatedProcess
  readonly #isAtomic: boolean

  constructor(simulation: Simulation, process: SimulatedProcess) {
    this.#simulation = simulation
    this.#process = process
    this.#isAtomic = simulation.scenario.world.storage === 'atomic'
    if (this.#isAtomic)
      this.coordinator = {
        claim: (key, request) => this.#claim(key, request),
        remove: (key, version) => this.#step('remove', () => this.#removed(key, version)),
        subscribe: (key, listener) => this.#subscribe(key, listener),
      }
  }

  get(key: string): Promise<TokenData | undefined> {
    this.#simulation.learnStorageKey(this.#process.key, key)
    return this.#step(
      'get',
      () => this.#simulation.storage.get(key),
      (token) => this.#read(token),
    )
  }

  set(key: string, token: TokenData, options?: { readonly keepForMs?: number | undefined }): Promise<void> {
    const written = this.#written(token)
    return this.#step(`set ${token.accessToken}`, () => {
      this.#simulation.storage.set(key, written, options?.keepForMs)
      this.#simulation.onWritten(this.#process.key, written, 'set')
    })
  }

  delete(key: string): Promise<void> {
    return this.#step('delete', () => {
      this.#simulation.storage.delete(key)
      this.#simulation.onWritten(this.#process.key, undefined, 'delete')
    })
  }

  #claim(key: string, request: ClaimRequest): ReturnType<RenewalCoordinator['claim']> {
    const { storage } = this.#simulation
    this.#simulation.learnStorageKey(this.#process.key, key)
    return this.#step<ClaimAnswer, Awaited<ReturnType<RenewalCoordinator['claim']>>>(
      `claim above ${request.newerThan}`,
      () => storage.claim(key, request),
      (answer) => {
        if (answer.kind === 'stored') return { kind: 'stored', stored: this.#versioned(answer.stored) }
        return answer.kind === 'leased' ? { kind: 'leased', lease: this.#lease(key, answer.taken) } : answer
      },
    )
  }

  #lease(key: string, taken: TakenLease): RenewalLease {
    const { storage } = this.#simulation
    const stored = taken.token === undefined ? undefined : this.#versioned({ token: taken.token, version: taken.version })
    return {
      stored,
      inDoubt: taken.inDoubt,
      version: taken.version,
      extend: (leaseMs) => this.#step('extend', () => storage.extend(key, taken, leaseMs)),
      markSpent: () => this.#step('markSpent', () => storage.markSpent(key, taken)),
      commit: (token, { keepForMs }) => {
        const written = this.#written(token)
        return this.#step(
          `commit ${token.accessToken}`,
          () => {
            const result = storage.commit(key, taken, written, keepForMs)
            if (result.committed) this.#simulation.onWritten(this.#process.key, written, 'commit')
            return result
          },
          (result) =>
            result.committed || result.stored === undefined
              ? result
              : { committed: false, stored: this.#versioned(result.stored) },
        )
      },
      release: (outcome) => this.#step('release', () => storage.release(key, taken, outcome)),
    }
  }

  #removed(key: string, version: number): boolean {
    const isRemoved = this.#simulation.storage.remove(key, version)
    if (isRemoved) this.#simulation.onWritten(this.#process.key, undefined, 'remove')
    return isRemoved
  }

  #subscribe(key: string, listener: () => void): () => void {
    const entry = { key, listener, process: this.#process }
    const { listeners } = this.#simulation
    listeners.add(entry)
    return () => listeners.delete(entry)
  }

  /** There, done, and back: each may fail, each takes a time that the seed draws. */
  #step<Result, Seen = Result>(operation: string, act: () => Result, see?: (result: Result) => Seen): Promise<Seen> {
    const { scheduler, faults, trace } = this.#simulation
    const process = this.#process
    if (!process.alive) return new Promise(() => undefined)
    const fault = faults.storage(process.index)?.mode
    if (fault !== undefined) process.troubled()
    // Junk is what somebody wrote there: it comes with what is read.
    const trouble = fault === 'junk' ? undefined : fault
    const isBlip = process.nextBlips && cannotWait(operation)
    if (isBlip) process.nextBlips = false
    // What a failed extension costs nobody may notice; of a failed commit only the refresh token must not be lost.
    if (isBlip && operation !== 'extend') process.troubled()
    const end = process.beginStep(operation)
    const answer = new Promise<Seen>((resolve, reject) => {
      if (trouble === 'rejects' || isBlip)
        return void scheduler.after(this.#delay(), process, () => end(() => this.#fail(operation, reject, 'the storage is away')))
      if (trouble === 'hangs' && process.random.chance(0.5)) return
      const slowMs = trouble === 'slow' ? process.random.int(150, 1_500) : 0
      scheduler.after(this.#delay() + slowMs, undefined, () => {
        const result = act()
        if (operation !== 'extend' || result === false)
          trace.line(() => `${process.name} ⇒ storage: ${operation}: ${show(result)}`)
        process.atCall('applied')
        if (trouble === 'hangs') return
        scheduler.after(this.#delay() + slowMs, process, () => {
          end(() => {
            if (trouble === 'rejects-after') return this.#fail(operation, reject, 'the answer of the storage was lost')
            // Without a way to see it, a result is what is seen.
            resolve(see === undefined ? (result as unknown as Seen) : see(result))
          })
          process.atCall('answered')
        })
      })
    })
    process.atCall('sent')
    return answer
  }

  #fail(operation: string, reject: (reason: unknown) => void, reason: string): void {
    // Nobody waits for an extension: it makes no pause.
    if (operation !== 'extend') this.#process.storageFailedAt = this.#simulation.scheduler.now
    reject(new Error(reason))
  }

  #delay(): number {
    return this.#process.random.int(0, this.#simulation.scenario.world.storageDelayMs)
  }

  #versioned({ token, version }: StoredToken): StoredToken {
    return { token: this.#read(token) ?? token, version }
  }

  /** A storage with a clock of its own keeps times in it; a plain one keeps what it is given. */
  #written(token: TokenData): TokenData {
    const { clock } = this.#process
    return this.#isAtomic ? mapTimes(token, (wall) => clock.toTrue(wall)) : { ...token }
  }

  #read(token: TokenData | undefined): TokenData | undefined {
    if (token === undefined) return undefined
    if (this.#simulation.faults.storage(this.#process.index)?.mode === 'junk') return junk(this.#process)
    const { clock } = this.#process
    this.#process.sees(this.#simulation.ledger.token(token.accessToken), token.refreshToken)
    return this.#isAtomic ? mapTimes(token, (at) => clock.toWall(at)) : { ...token }
  }
}

function mapTimes(token: TokenData, map: (time: number) => number): TokenData {
  const mapped = (time: number | undefined): number | undefined => (time === undefined ? undefined : map(time))
  return { ...token, issuedAt: mapped(token.issuedAt), expiresAt: mapped(token.expiresAt) }
}

/** A lease that runs out, or a token that replaces a spent one: the storage is asked for them even while it is left alone. */
export function cannotWait(operation: string): boolean {
  return operation === 'extend' || operation.startsWith('commit ')
}

/** What may stand where a token was: cut off, written by somebody else, or under a key that is gone. */
function junk({ random }: SimulatedProcess): TokenData {
  const nonsense: unknown = random.pick<unknown>([
    'junk',
    {},
    { accessToken: '' },
    { accessToken: 7 },
    { accessToken: 'x', expiresAt: 'soon' },
  ])
  // The type says that this cannot be, the world says that it can.
  return nonsense as TokenData
}

function show(result: unknown): string {
  if (typeof result !== 'object' || result === null) return String(result)
  if ('kind' in result) return String(result.kind)
  if ('accessToken' in result) return String(result.accessToken)
  return 'committed' in result ? `committed ${String(result.committed)}` : 'done'
}
