import type { TokenData } from '../../src/index.ts'
import type { Invariants } from './invariants.ts'
import { type IssuedRefresh, type IssuedToken, usableUntil } from './ledger.ts'
import type { Simulation } from './simulation.ts'

/** What an atomic storage holds is only replaced by something newer, and a good refresh token is never thrown away. */
export class StorageInvariants {
  readonly #simulation: Simulation
  readonly #invariants: Invariants
  readonly #stored: Map<number, StoredPair> = new Map()

  constructor(simulation: Simulation, invariants: Invariants) {
    this.#simulation = simulation
    this.#invariants = invariants
  }

  /** `how`: a commit compares versions, a set does not. */
  onWritten(key: number, written: TokenData | undefined, how: StorageWrite): void {
    const { ledger, scenario } = this.#simulation
    const before = this.#stored.get(key)
    const token = ledger.token(written?.accessToken)
    const refresh = ledger.refresh(written?.refreshToken)
    this.#stored.set(key, { token, refresh })
    if (before === undefined || scenario.world.storage !== 'atomic' || ledger.dataLostAt >= 0) return
    // An access token that has ended is nothing to keep. Its refresh token is looked at by itself.
    const isOver = before.token !== undefined && this.#simulation.scheduler.now >= usableUntil(before.token)
    if (token !== undefined && before.token !== undefined && !isOver && token.issuedAt < before.token.issuedAt)
      this.#invariants.fail('an older token is written over a newer one', `${token.value} over ${before.token.value} by ${how}`)
    if (refresh === undefined && before.refresh !== undefined && this.#isGood(before.refresh))
      this.#invariants.fail('a good refresh token is thrown away', `${before.refresh.value} is stored no more`)
  }

  /** Nobody wanted it forgotten, and the server has not said no to it. */
  #isGood({ session, presentations, value }: IssuedRefresh): boolean {
    if (!session.alive || session.current?.value !== value) return false
    return !this.#simulation.ledger.isForgotten.has(session.key) && presentations.every(({ outcome }) => outcome !== 'rejected')
  }
}

/** The operation that changed what is stored. */
export type StorageWrite = 'login' | 'set' | 'delete' | 'commit' | 'remove'

interface StoredPair {
  readonly token: IssuedToken | undefined
  readonly refresh: IssuedRefresh | undefined
}
