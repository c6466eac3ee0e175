import { bringHome } from './bring-home.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { KeepAnswer, MemoryWorth, RenewalTurn, SpendAnswer } from './renewal-turn.ts'
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

  async keep(token: TokenData): Promise<KeepAnswer> {
    const retry = (): Promise<KeepAnswer> => bringHome(this.#site, this.#coordinator, token, this.#site.slot.version)
    // A session is worth a try at once: the storage may be there again. What can be had anew is not worth anybody's wait.
    return token.refreshToken === undefined ? { kind: 'unsaved', retry } : retry()
  }

  async end(): Promise<void> {}

  async discard(): Promise<void> {}
}
