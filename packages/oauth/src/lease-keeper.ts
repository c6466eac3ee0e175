import { leaseExtensionsPerLease, leaseMs, refreshHardCapMs } from './renewal-constants.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { RenewalLease } from './token-storage.ts'

/** Extends a lease while work goes on. A lost lease is no error: the commit compares versions. */
export class LeaseKeeper {
  readonly #site: RenewalSite
  readonly #lease: RenewalLease
  readonly #until: number
  #timer: unknown
  #stopped = false

  constructor(site: RenewalSite, lease: RenewalLease) {
    this.#site = site
    this.#lease = lease
    this.#until = site.clock.monotonic() + refreshHardCapMs + site.options.renewalTimeoutMs
    this.#schedule()
  }

  stop(): void {
    this.#stopped = true
    this.#site.clock.clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#stopped || this.#site.clock.monotonic() > this.#until) return
    this.#timer = this.#site.clock.setTimeout(() => void this.#extend(), leaseMs / leaseExtensionsPerLease)
  }

  async #extend(): Promise<void> {
    try {
      const answer = await this.#site.guard.call('extend', () => this.#lease.extend(leaseMs))
      if (answer.answered && answer.value === false) return
    } catch {
      // A misconfiguration reaches the caller through the calls that he waits for; a timer has nobody to tell.
      return
    }
    this.#schedule()
  }
}
