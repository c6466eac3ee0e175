import { isUsable, keepForMs } from './hold-token.ts'
import { hasNews } from './news.ts'
import { rememberedRefusal } from './remembered-refusal.ts'
import type { RenewalSite } from './renewal-site.ts'
import type {
  KeepAnswer,
  MemoryWorth,
  RenewalTurn,
  RenewalTurns,
  SpendAnswer,
  TurnAnswer,
  TurnEnd,
  TurnRequest,
} from './renewal-turn.ts'
import { storageAwayFailure } from './storage-away.ts'
import { isOlder } from './stored-age.ts'
import { getStored, readStored } from './stored-token.ts'
import type { TokenData } from './token-data.ts'
import { withMarks } from './token-marks.ts'
import { dropRefreshPart } from './token-parts.ts'
import type { StoredToken, TokenStorage } from './token-storage.ts'

/** Turns with a storage that only gets, sets and deletes: one renewal in each process, and a look whether another has renewed already. */
export class PlainTurns implements RenewalTurns {
  readonly #site: RenewalSite
  readonly #storage: TokenStorage

  constructor(site: RenewalSite, storage: TokenStorage) {
    this.#site = site
    this.#storage = storage
  }

  async take(request: TurnRequest): Promise<TurnAnswer> {
    const { slot, guard, options } = this.#site
    const read = await guard.call('get', () => this.#storage.get(this.#site.key))
    if (!read.answered && options.onStorageFailure === 'error')
      return { kind: 'refused', failure: storageAwayFailure(this.#site) }
    const token = read.answered ? readStored(this.#site, read.value) : undefined
    const stored = token === undefined || isOlder(this.#site, token) ? undefined : { token, version: slot.version }
    if (stored !== undefined && request.wants(stored.token, false))
      return { kind: 'adopt', stored: { ...stored, version: slot.version + 1 } }
    if (stored !== undefined) request.declined(stored)
    const refusal = rememberedRefusal(this.#site, request)
    if (refusal !== undefined) return refusal
    return { kind: 'turn', turn: new PlainTurn(this.#site, this.#storage, stored, !read.answered) }
  }
}

class PlainTurn implements RenewalTurn {
  readonly inDoubt: boolean = false
  readonly stored: StoredToken | undefined
  readonly storageAway: boolean
  readonly memory: MemoryWorth
  readonly #site: RenewalSite
  readonly #storage: TokenStorage

  constructor(site: RenewalSite, storage: TokenStorage, stored: StoredToken | undefined, storageAway: boolean) {
    this.memory = stored === undefined && !storageAway && !site.slot.isAhead ? 'doubtful' : 'good'
    this.#site = site
    this.#storage = storage
    this.stored = stored
    this.storageAway = storageAway
  }

  async markSpent(): Promise<SpendAnswer> {
    return this.storageAway ? 'unavailable' : 'marked'
  }

  isRenewed(current: TokenData): Promise<boolean> {
    // What stood there when the turn began is no news: the storage may have been rolled back.
    return hasNews(this.#site, [current, this.stored?.token])
  }

  async keep(token: TokenData, keepForMs: number | undefined): Promise<KeepAnswer> {
    const { guard, key, slot } = this.#site
    const version = slot.version + 1
    const write = async (): Promise<KeepAnswer> => {
      const answer = await guard.call('set', () => this.#storage.set(key, token, { keepForMs }))
      return answer.answered ? { kind: 'kept', version } : { kind: 'unsaved', retry: write }
    }
    return write()
  }

  async end(outcome: TurnEnd): Promise<void> {
    if (outcome.retriedInVain !== undefined) {
      const { token } = outcome.retriedInVain
      await this.keep(withMarks(token, { retriedInVain: true }), keepForMs(this.#site, token))
    }
    if (outcome.dead === undefined) return
    const stored = await getStored(this.#site)
    if (stored === undefined || stored.refreshToken !== outcome.dead.token.refreshToken) return
    if (!isUsable(this.#site, stored)) return this.discard()
    const rest = dropRefreshPart(stored)
    await this.keep(rest, keepForMs(this.#site, rest))
  }

  async discard(): Promise<void> {
    await this.#site.guard.call('delete', () => this.#storage.delete(this.#site.key))
  }
}
