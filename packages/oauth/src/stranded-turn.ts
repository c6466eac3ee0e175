import { bringHome } from './bring-home.ts'
import { hasNews } from './news.ts'
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
  /** The token that the turn began with, and its version. */
  readonly #began: { readonly accessToken: string | undefined; readonly version: number }

  constructor(site: RenewalSite, coordinator: RenewalCoordinator) {
    this.#site = site
    this.#coordinator = coordinator
    this.#began = { accessToken: site.slot.held?.data.accessToken, version: site.slot.version }
  }

  async markSpent(): Promise<SpendAnswer> {
    return 'unavailable'
  }

  /** While this one asked the storage may have come back, and somebody else may have stored a token. */
  isRenewed(current: TokenData): Promise<boolean> {
    return hasNews(this.#site, [current])
  }

  async keep(token: TokenData): Promise<KeepAnswer> {
    const { held, version } = this.#site.slot
    // What somebody else has stored meanwhile may be newer than what this turn brings; what stood here when it began is not.
    const newerThan = held?.data.accessToken === this.#began.accessToken ? version : this.#began.version
    const retry = (): Promise<KeepAnswer> => bringHome(this.#site, this.#coordinator, token, newerThan)
    // A session is worth a try at once: the storage may be there again. What can be had anew is not worth anybody's wait.
    return token.refreshToken === undefined ? { kind: 'unsaved', retry } : retry()
  }

  async end(): Promise<void> {}

  async discard(): Promise<void> {}
}
