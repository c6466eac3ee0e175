import { HandOutInvariants } from './hand-out-invariants.ts'
import { PolicyInvariants } from './policy-invariants.ts'
import { RenewalInvariants } from './renewal-invariants.ts'
import type { Simulation } from './simulation.ts'
import { StorageInvariants } from './storage-invariants.ts'
import { WaitInvariants } from './wait-invariants.ts'

/** What must never happen, and did. */
export interface Violation {
  readonly rule: string
  readonly detail: string
  readonly at: number
}

/** The promises of a token's life, each checked when something happens that could break it. */
export class Invariants {
  violation: Violation | undefined
  readonly renewals: RenewalInvariants
  readonly handOuts: HandOutInvariants
  readonly stores: StorageInvariants
  readonly policies: PolicyInvariants
  readonly waits: WaitInvariants
  readonly #simulation: Simulation

  constructor(simulation: Simulation) {
    this.#simulation = simulation
    this.renewals = new RenewalInvariants(simulation, this)
    this.handOuts = new HandOutInvariants(simulation, this)
    this.policies = new PolicyInvariants(simulation, this)
    this.stores = new StorageInvariants(simulation, this)
    this.waits = new WaitInvariants(simulation, this)
  }

  /** The first one counts: what comes after may follow from it. */
  fail(rule: string, detail: string): void {
    const at = this.#simulation.scheduler.now
    this.#simulation.trace.line(() => `VIOLATION ${rule}: ${detail}`)
    this.violation ??= { rule, detail, at }
  }
}
