import type { Claim, ClaimRequest, RenewalCoordinator, RenewalLease, TokenData, TokenStorage } from '@requestforge/oauth'
import { ContractViolation, ensure } from './contract-case.ts'
import { fakeToken } from './fake-token.ts'
import { pause, platformTimers } from './pause.ts'
import type { TokenStorageSubject } from './token-storage-subject.ts'

/** One case of the contract. */
export type StorageCheck = (trial: StorageTrial) => Promise<void>

/** A case that needs the full form of a storage. */
export type CoordinatorCheck = (trial: CoordinatorTrial) => Promise<void>

/** Longer than any case takes. */
export const longMs = 60_000
/** Short enough to be waited for, long enough for a few calls before it is over. */
export const shortMs = 400

/** A shared storage moves times from one clock into another; a process that is held up in between moves them by that, in milliseconds. */
export const clockToleranceMs = 5_000

/** What did not hold was looked at when the time that it was about may have been over: that says nothing about the storage. */
export class LateLook extends ContractViolation {}

/** The storage in one case, with a key that no other case has. */
export class StorageTrial {
  readonly storage: TokenStorage
  readonly other: TokenStorage
  readonly isTimeVirtual: boolean
  readonly key: string = `contract-${crypto.randomUUID()}`
  /** Lets so many milliseconds pass. */
  readonly advance: (ms: number) => Promise<void>

  constructor({ storage, other, advance }: TokenStorageSubject) {
    this.storage = storage
    this.other = other ?? storage
    this.isTimeVirtual = advance !== undefined
    this.advance = advance ?? ((ms) => pause(ms, platformTimers))
  }

  /** For what holds for `windowMs` from now on. @throws LateLook if it does not, and the machine was too slow to tell */
  async within<T>(windowMs: number, look: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    try {
      return await look()
    } catch (error) {
      const isLate = !this.isTimeVirtual && performance.now() - startedAt >= windowMs
      throw isLate && error instanceof ContractViolation ? new LateLook(error.message) : error
    }
  }

  get coordinated(): CoordinatorTrial | undefined {
    const { coordinator } = this.storage
    if (coordinator === undefined) return undefined
    ensure(this.other.coordinator !== undefined, 'both storages must have a coordinator, or none')
    return new CoordinatorTrial(this, coordinator, this.other.coordinator)
  }
}

/** A storage in its full form, in one case. */
export class CoordinatorTrial {
  readonly trial: StorageTrial
  readonly coordinator: RenewalCoordinator
  /** The same backend, as another process sees it. */
  readonly other: RenewalCoordinator
  readonly key: string

  constructor(trial: StorageTrial, coordinator: RenewalCoordinator, other: RenewalCoordinator) {
    this.trial = trial
    this.coordinator = coordinator
    this.other = other
    this.key = trial.key
  }

  claim(request: Partial<ClaimRequest> = {}): Promise<Claim> {
    return this.coordinator.claim(this.key, { newerThan: 0, leaseMs: longMs, ...request })
  }

  claimByOther(request: Partial<ClaimRequest> = {}): Promise<Claim> {
    return this.other.claim(this.key, { newerThan: 0, leaseMs: longMs, ...request })
  }

  async lease(request: Partial<ClaimRequest> = {}): Promise<RenewalLease> {
    return leaseOf(await this.claim(request))
  }

  async leaseByOther(request: Partial<ClaimRequest> = {}): Promise<RenewalLease> {
    return leaseOf(await this.claimByOther(request))
  }

  /** Claims and commits. Returns the version. */
  async renew(token: TokenData = fakeToken(), request: Partial<ClaimRequest> = {}): Promise<number> {
    return commit(await this.lease(request), token)
  }
}

/** Commits, which must succeed. Returns the version. */
export async function commit(lease: RenewalLease, token: TokenData, keepForMs?: number): Promise<number> {
  const result = await lease.commit(token, { keepForMs })
  ensure(result.committed, 'the commit must be taken')
  ensure(Number.isSafeInteger(result.version) && result.version > 0, 'a commit must tell its version, a whole number above 0')
  return result.version
}

function leaseOf(claim: Claim): RenewalLease {
  ensure(claim.kind === 'leased', `the claim must give the lease (got '${claim.kind}')`)
  return claim.lease
}

/** A case that a storage without a coordinator passes, as there is nothing to look at. */
export function withCoordinator(check: CoordinatorCheck): StorageCheck {
  return async (trial) => {
    const { coordinated } = trial
    if (coordinated !== undefined) await check(coordinated)
  }
}

/** @throws ContractViolation unless the access token is that of `expected` */
export function ensureToken(actual: TokenData | undefined, expected: TokenData | undefined, what: string): void {
  const [got, wanted] = [actual?.accessToken, expected?.accessToken]
  ensure(got === wanted, `${what}: there must be ${wanted ?? 'no token'} (got ${got ?? 'none'})`)
}

/** @throws ContractViolation unless `claim` hands over `token` */
export function ensureStored(claim: Claim, token: TokenData, what: string): void {
  ensure(claim.kind === 'stored', `${what}: the claim must hand over the stored token (got '${claim.kind}')`)
  ensureToken(claim.stored.token, token, what)
}
