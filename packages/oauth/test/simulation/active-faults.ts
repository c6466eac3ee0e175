import type { Fault, ProviderFault, StorageFault } from './scenario.ts'

/** What is going wrong now. */
export class ActiveFaults {
  readonly #faults: readonly Fault[]
  readonly #now: () => number

  constructor(faults: readonly Fault[], now: () => number) {
    this.#faults = faults
    this.#now = now
  }

  get provider(): ProviderFault | undefined {
    for (const fault of this.#faults) if (fault.kind === 'provider' && this.#isOn(fault)) return fault
    return undefined
  }

  storage(process: number): StorageFault | undefined {
    for (const fault of this.#faults) {
      if (fault.kind === 'storage' && (fault.process === undefined || fault.process === process) && this.#isOn(fault))
        return fault
    }
    return undefined
  }

  get losesNotices(): boolean {
    return this.#faults.some((fault) => fault.kind === 'notices' && this.#isOn(fault))
  }

  get apiRejects(): boolean {
    return this.#faults.some((fault) => fault.kind === 'api-rejects' && this.#isOn(fault))
  }

  #isOn(fault: { readonly at: number; readonly forMs: number }): boolean {
    const now = this.#now()
    return now >= fault.at && now < fault.at + fault.forMs
  }
}
