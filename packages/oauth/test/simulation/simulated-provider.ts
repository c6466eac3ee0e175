import type { IssuedRefresh, IssuedToken, Ledger, Session, TokenRequest } from './ledger.ts'
import type { World } from './scenario.ts'

/** How long an API takes a token that is for one use. */
const singleUseMs = 5_000

/** The identity provider and the APIs that trust it. */
export class SimulatedProvider {
  readonly #ledger: Ledger
  readonly #world: World
  readonly #now: () => number
  #serial = 0

  constructor(ledger: Ledger, world: World, now: () => number) {
    this.#ledger = ledger
    this.#world = world
    this.#now = now
  }

  /** A token without a refresh token, or the beginning of a session. */
  mint(key: number, request: TokenRequest | undefined): IssuedToken {
    if (this.#world.grant === 'client_credentials') return this.#issue(key, request)
    const session: Session = { id: this.#ledger.sessions.length, key, alive: true, current: undefined }
    this.#ledger.sessions.push(session)
    return this.#rotate(session, request)
  }

  /** Undefined: `invalid_grant`. */
  redeem(refresh: IssuedRefresh, request: TokenRequest): IssuedToken | undefined {
    const { session } = refresh
    if (!session.alive) return undefined
    if (refresh.spentAt === undefined) {
      if (this.#world.rotation === 'alarm') refresh.spentAt = this.#now()
      return this.#rotate(session, request)
    }
    if (this.#now() < refresh.spentAt + this.#world.graceMs) return this.#rotate(session, request)
    this.end(session)
    return undefined
  }

  /** The alarm, a logout, or an administrator. */
  end(session: Session): void {
    session.alive = false
    for (const token of this.#ledger.tokens.values()) if (token.session === session) this.#revoke(token)
  }

  revokeAll(): void {
    for (const token of this.#ledger.tokens.values()) this.#revoke(token)
  }

  /** What an API says to it. */
  accepts(token: IssuedToken): boolean {
    const endsAt = token.issuedAt + (token.lifetimeMs === 0 ? singleUseMs : token.lifetimeMs)
    return token.revokedAt === undefined && this.#now() < endsAt
  }

  #rotate(session: Session, request: TokenRequest | undefined): IssuedToken {
    const { current } = session
    const token = this.#issue(session.key, request)
    token.session = session
    const isNew = current === undefined || this.#world.rotation === 'alarm'
    const refresh = isNew ? this.#issueRefresh(session, token) : current
    refresh.access = token
    token.refresh = refresh
    session.current = refresh
    return token
  }

  #issueRefresh(session: Session, access: IssuedToken): IssuedRefresh {
    const generation = (session.current?.generation ?? 0) + 1
    const value = `R${session.id}.${generation}`
    const refresh: IssuedRefresh = {
      value,
      session,
      generation,
      access,
      spentAt: undefined,
      appliedAt: undefined,
      presentations: [],
    }
    this.#ledger.refreshes.set(value, refresh)
    return refresh
  }

  #issue(key: number, request: TokenRequest | undefined): IssuedToken {
    const { tokens } = this.#ledger
    if (this.#world.revokesPrevious) for (const token of tokens.values()) if (token.key === key) this.#revoke(token)
    this.#serial += 1
    const token: IssuedToken = {
      value: `A${this.#serial}`,
      key,
      lifetimeMs: this.#world.lifetimeMs,
      issuedAt: this.#now(),
      request,
      refresh: undefined,
      session: undefined,
      receivedAt: undefined,
      revokedAt: undefined,
      appliedAt: undefined,
    }
    tokens.set(token.value, token)
    return token
  }

  #revoke(token: IssuedToken): void {
    token.revokedAt ??= this.#now()
  }
}
