import type { RememberedFailure } from './failure-memory.ts'
import type { Flight } from './single-flight.ts'
import type { ManagedToken } from './token.ts'
import type { TokenData } from './token-data.ts'
import type { UnsavedToken } from './unsaved-token.ts'

/** A token in the process, with what is known of it here. Times are monotonic. */
export interface HeldToken {
  readonly token: ManagedToken
  /** As it is stored. */
  readonly data: TokenData
  readonly version: number
  readonly heldSince: number
  readonly dueAt: number
  readonly expiredAt: number
  /** Minted because an API had rejected the one before, here or elsewhere. */
  readonly fromRejection: boolean
}

const rememberedLimit = 8
/** Access tokens may be long, and a storage is rolled back by a step or two. */
const replacedLimit = 2
const none: readonly string[] = []

/** The newest stand last. */
function remembered(tokens: readonly string[], token: string, limit: number = rememberedLimit): readonly string[] {
  return tokens.includes(token) ? tokens : [...tokens.slice(1 - limit), token]
}

/**
 * The state of one token in this process. A keyed manager holds one for each subject, so everything that an idle token does not need is
 * undefined: no timer, no promise.
 */
export class TokenSlot {
  /** Whose token it is; undefined for a manager of one token. */
  readonly subject: string | undefined
  held: HeldToken | undefined = undefined
  /** Until here (monotonic) the held token is handed out without a thought. */
  freshUntil: number = Number.NEGATIVE_INFINITY
  /** Nothing is handed out any more. */
  closed = false
  /** When it was last asked for (monotonic): only where a manager keeps many. */
  usedAt = 0
  /** When it was last looked at for dropping (monotonic). */
  seenAt = 0
  /** Dropped by its manager: whoever still has this object must ask for a new one. */
  dropped = false
  /** The highest version seen: what is not above is old, whoever stores it. */
  version = 0
  /** Raised by every invalidation: a renewal that began before does not become current. */
  generation = 0
  flight: Flight | undefined = undefined
  failure: RememberedFailure | undefined = undefined
  /** A look at the storage, shared by those who have nothing else to wait for. */
  look: Promise<TokenData | undefined> | undefined = undefined
  /** What the storage does not have yet, or still has. */
  unsaved: UnsavedToken | undefined = undefined
  /** The access token that must not come back from a storage that missed the invalidation. */
  invalidated: string | undefined = undefined
  /** A refresh token that was sent and not answered. */
  doubtful: string | undefined = undefined
  /** A doubtful refresh token that was tried once more, and not answered again. */
  retriedDoubt: string | undefined = undefined
  /** An access token that was handed out again after a rejection, once. */
  forgiven: string | undefined = undefined
  /** Whether `fetchToken` mints without a person: learned from what it did. */
  fetches: boolean | undefined = undefined
  /** Ends the subscription to the storage's notices. */
  unsubscribe: (() => void) | undefined = undefined
  /** Counts notices, so that one that comes between a claim and its wait is not missed. */
  notices = 0
  /** Wakes the renewal that waits for somebody else's. */
  wake: (() => void) | undefined = undefined
  /** True while the process copy is compared with the storage. */
  revalidating = false
  /** True when a notice came while nobody could look. */
  noticeMissed = false
  /** Ends the wait for another look at a storage that has not answered. */
  cancelLook: (() => void) | undefined = undefined
  /** The refresh tokens that this process has redeemed or seen replaced: others have come for them. A storage may still have an older one. */
  #spent: readonly string[] = none
  /** The refresh tokens that the server said no to. */
  #rejected: readonly string[] = none
  /** The access tokens that were held before this one. */
  #replaced: readonly string[] = none

  constructor(subject: string | undefined) {
    this.subject = subject
  }

  /** Remembers a redeemed refresh token; as many as a storage can lag behind. */
  spend(refreshToken: string): void {
    this.#spent = remembered(this.#spent, refreshToken)
  }

  /** Remembers a refresh token that the server said no to. */
  reject(refreshToken: string): void {
    this.#rejected = remembered(this.#rejected, refreshToken)
  }

  isRejected(refreshToken: string | undefined): boolean {
    return refreshToken !== undefined && this.#rejected.includes(refreshToken)
  }

  isSpent(refreshToken: string | undefined): boolean {
    return refreshToken !== undefined && this.#spent.includes(refreshToken)
  }

  /** True for an access token that was held here before the one that is held now. */
  isReplaced(accessToken: string): boolean {
    return this.#replaced.includes(accessToken)
  }

  /** The held token if it may still be sent. */
  usable(now: number): HeldToken | undefined {
    return this.held !== undefined && now < this.held.expiredAt ? this.held : undefined
  }

  hold(held: HeldToken): void {
    const before = this.held?.data.refreshToken
    if (before !== undefined && held.data.refreshToken !== undefined && before !== held.data.refreshToken) this.spend(before)
    const replaced = this.held?.data.accessToken
    if (replaced !== undefined && replaced !== held.data.accessToken)
      this.#replaced = remembered(this.#replaced, replaced, replacedLimit)
    this.held = held
    this.freshUntil = this.closed ? Number.NEGATIVE_INFINITY : Math.min(held.dueAt, held.expiredAt)
    this.version = Math.max(this.version, held.version)
    // Minted once more: some servers give the same token again.
    if (held.data.accessToken === this.invalidated) this.invalidated = undefined
  }

  /** Forgets the held token, and hands out none until the next renewal. */
  drop(): void {
    this.held = undefined
    this.freshUntil = Number.NEGATIVE_INFINITY
  }

  /** False for a renewal that an invalidation has overtaken: what it brings is nobody's but its waiters'. */
  isCurrent({ generation }: Flight): boolean {
    return generation === this.generation
  }

  /** True when the held token is newer than what the storage has. */
  get isAhead(): boolean {
    return this.unsaved?.isToken === true
  }

  /** True while callers may wait for a renewal; a late answer that is still listened for is none. */
  get isRenewing(): boolean {
    return this.flight !== undefined && this.flight.released === undefined
  }

  /** True when nothing would be lost with this object that the storage does not have. */
  get idle(): boolean {
    return this.flight === undefined && this.unsaved === undefined && !this.revalidating
  }
}
