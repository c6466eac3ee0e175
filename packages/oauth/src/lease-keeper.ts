import { leaseExtensionsPerLease, leaseMs, refreshHardCapMs, spentLeaseMs } from './renewal-constants.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { RenewalLease } from './token-storage.ts'

/** Extends a lease while work goes on. A lost lease is no error: the commit compares versions. */
export class LeaseKeeper {
  readonly #site: RenewalSite
  readonly #lease: RenewalLease
  #until: number
  #lengthMs = leaseMs
  #timer: unknown
  #stopped = false

  constructor(site: RenewalSite, lease: RenewalLease) {
    this.#site = site
    this.#lease = lease
    this.#until = site.clock.monotonic() + refreshHardCapMs + site.options.renewalTimeoutMs
    this.#schedule()
  }

  /** A refresh token is on its way: from now on there is more to lose. */
  lengthen(): void {
    this.#lengthMs = spentLeaseMs
  }

  /** Goes on for so long at the most. */
  stopIn(delayMs: number): void {
    this.#until = Math.min(this.#until, this.#site.clock.monotonic() + delayMs)
  }

  stop(): void {
    this.#stopped = true
    this.#site.clock.clearTimeout(this.#timer)
  }

  /** False as soon as nothing extends the lease any more. */
  get isKeeping(): boolean {
    return !this.#stopped && this.#site.clock.monotonic() <= this.#until
  }

  get isStopped(): boolean {
    return this.#stopped
  }

  /** One after another, whatever becomes of each: a single one that fails, or is slow, must not cost the lease. */
  #schedule(): void {
    if (this.#stopped || this.#site.clock.monotonic() > this.#until) return
    this.#timer = this.#site.clock.setTimeout(() => {
      this.#schedule()
      void this.#extend()
    }, leaseMs / leaseExtensionsPerLease)
  }

  async #extend(): Promise<void> {
    try {
      const answer = await this.#site.guard.insist('extend', () => this.#lease.extend(this.#lengthMs))
      if (answer.answered && answer.value === false) this.stop()
    } catch {
      // A misconfiguration reaches the caller through the calls that he waits for; a timer has nobody to tell.
      this.stop()
    }
  }
}
