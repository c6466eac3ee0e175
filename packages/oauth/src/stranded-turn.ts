import { leaseMs } from './renewal-constants.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { KeepAnswer, MemoryWorth, RenewalTurn, SpendAnswer } from './renewal-turn.ts'
import { readVersioned } from './stored-token.ts'
import type { TokenData } from './token-data.ts'
import type { RenewalCoordinator } from './token-storage.ts'

/** A turn while the shared storage is away: each process renews on its own, and brings its token back when the storage is there again. */
export class StrandedTurn implements RenewalTurn {
  readonly stored: undefined = undefined
  readonly inDoubt: boolean = false
  readonly memory: MemoryWorth = 'good'
  readonly storageAway: boolean = true
  readonly #site: RenewalSite
  readonly #coordinator: RenewalCoordinator

  constructor(site: RenewalSite, coordinator: RenewalCoordinator) {
    this.#site = site
    this.#coordinator = coordinator
  }

  async markSpent(): Promise<SpendAnswer> {
    return 'unavailable'
  }

  async isRotated(): Promise<boolean> {
    return false
  }

  async keep(token: TokenData, keepForMs: number | undefined): Promise<KeepAnswer> {
    const retry = async (): Promise<KeepAnswer> => {
      const { guard, key, slot } = this.#site
      const request = { newerThan: slot.version, leaseMs, ignoreFailure: true }
      const answer = await guard.call('claim', () => this.#coordinator.claim(key, request))
      const claim = answer.answered ? answer.value : undefined
      if (claim?.kind === 'stored') return { kind: 'superseded', stored: readVersioned(this.#site, claim.stored) }
      if (claim?.kind !== 'leased') return { kind: 'unsaved', retry }
      const committed = await guard.call('commit', () => claim.lease.commit(token, { keepForMs }))
      if (!committed.answered) return { kind: 'unsaved', retry }
      if (committed.value.committed) return { kind: 'kept', version: committed.value.version }
      return { kind: 'superseded', stored: readVersioned(this.#site, committed.value.stored) }
    }
    return { kind: 'unsaved', retry }
  }

  async end(): Promise<void> {}

  async discard(): Promise<void> {}
}
