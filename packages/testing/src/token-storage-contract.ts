import type { TokenStorage } from '@requestforge/oauth'
import type { ContractCase } from './contract-case.ts'
import { commitCases } from './storage-commit-cases.ts'
import { failureCases } from './storage-failure-cases.ts'
import { leaseCases } from './storage-lease-cases.ts'
import { noticeCases } from './storage-notice-cases.ts'
import { plainStorageCases } from './storage-plain-cases.ts'
import { removalCases } from './storage-removal-cases.ts'
import { type StorageCheck, StorageTrial } from './storage-trial.ts'
import type { TokenStorageSubject } from './token-storage-subject.ts'

/** Makes the storage that is looked at; called once for each case. */
export type TokenStorageFactory = () => TokenStorage | TokenStorageSubject | Promise<TokenStorage> | Promise<TokenStorageSubject>

/**
 * What `TokenManager` relies on in a storage, as cases for any test runner. Those about leases, versions and notices concern storages with a
 * `coordinator`; one without has nothing to show there.
 *
 * @example
 * for (const { name, run } of tokenStorageContract(() => new MyStorage())) it(name, run)
 */
export function tokenStorageContract(factory: TokenStorageFactory): readonly ContractCase[] {
  return checks.map(([name, check]) => ({ name, run: () => runCheck(factory, check) }))
}

const checks: readonly (readonly [string, StorageCheck])[] = [
  ...plainStorageCases,
  ...leaseCases,
  ...commitCases,
  ...removalCases,
  ...failureCases,
  ...noticeCases,
]

async function runCheck(factory: TokenStorageFactory, check: StorageCheck): Promise<void> {
  const made = await factory()
  // Not by the member `storage`: whatever wraps a storage may have one.
  const subject: TokenStorageSubject = isStorage(made) ? { storage: made } : made
  try {
    await check(new StorageTrial(subject))
  } finally {
    await subject.close?.()
  }
}

function isStorage(made: TokenStorage | TokenStorageSubject): made is TokenStorage {
  return 'get' in made && typeof made.get === 'function'
}
