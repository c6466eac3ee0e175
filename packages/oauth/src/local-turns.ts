import type { KeepAnswer, MemoryWorth, RenewalTurn, RenewalTurns, SpendAnswer, TurnAnswer } from './renewal-turn.ts'
import type { TokenSlot } from './token-slot.ts'

/** Turns without a storage: the process is alone. */
export class LocalTurns implements RenewalTurns {
  readonly #slot: TokenSlot

  constructor(slot: TokenSlot) {
    this.#slot = slot
  }

  async take(): Promise<TurnAnswer> {
    return { kind: 'turn', turn: new LocalTurn(this.#slot) }
  }
}

class LocalTurn implements RenewalTurn {
  readonly stored: undefined = undefined
  readonly inDoubt: boolean = false
  readonly memory: MemoryWorth = 'good'
  readonly storageAway: boolean = false
  readonly #slot: TokenSlot

  constructor(slot: TokenSlot) {
    this.#slot = slot
  }

  async markSpent(): Promise<SpendAnswer> {
    return 'marked'
  }

  async isRenewed(): Promise<boolean> {
    return false
  }

  async keep(): Promise<KeepAnswer> {
    return { kind: 'kept', version: this.#slot.version + 1 }
  }

  async end(): Promise<void> {}

  async discard(): Promise<void> {}
}
