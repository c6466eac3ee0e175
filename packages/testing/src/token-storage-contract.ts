import type { TokenStorage } from '@requestforge/oauth'
import { type ContractCase, ensure } from './contract-case.ts'
import { checkFactory } from './option-checks.ts'
import { commitCases } from './storage-commit-cases.ts'
import { failureCases } from './storage-failure-cases.ts'
import { leaseCases } from './storage-lease-cases.ts'
import { noticeCases } from './storage-notice-cases.ts'
import { plainStorageCases } from './storage-plain-cases.ts'
import { removalCases } from './storage-removal-cases.ts'
import { LateLook, type StorageCheck, StorageTrial } from './storage-trial.ts'
import { checkSubject, type TokenStorageSubject } from './token-storage-subject.ts'

/** Makes the storage that is looked at; called once for each case. */
export type TokenStorageFactory = () => TokenStorage | TokenStorageSubject | Promise<TokenStorage> | Promise<TokenStorageSubject>

/**
 * What `TokenManager` relies on in a storage, as cases for any test runner. Those about leases, versions and notices concern storages with a
 * `coordinator`; one without has nothing to show there. On a real clock a case waits up to 4 s for the first notice, and looks again where the
 * machine was too slow to look in time.
 *
 * @throws ConfigurationError unless `factory` is a function; a case rejects with one for what is neither a storage nor a subject
 * @example
 * for (const { name, run } of tokenStorageContract(() => new MyStorage())) it(name, run)
 */
export function tokenStorageContract(factory: TokenStorageFactory): readonly ContractCase[] {
  checkFactory('tokenStorageContract', factory)
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

/** How often a check that came too late is made once more. */
const furtherTries = 4

async function runCheck(factory: TokenStorageFactory, check: StorageCheck): Promise<void> {
  const subject = subjectOf(await factory())
  try {
    for (const storage of [subject.storage, subject.other ?? subject.storage]) ensureStorage(storage)
    await checkInTime(subject, check)
  } finally {
    await subject.close?.()
  }
}

/** What was looked at too late is looked at again, with another key. */
async function checkInTime(subject: TokenStorageSubject, check: StorageCheck): Promise<void> {
  for (let late = 0; ; late++) {
    try {
      return await check(new StorageTrial(subject))
    } catch (error) {
      if (!(error instanceof LateLook) || late === furtherTries) throw error
    }
  }
}

function subjectOf(made: TokenStorage | TokenStorageSubject): TokenStorageSubject {
  // Not by the member `storage`: whatever wraps a storage may have one.
  if (isStorage(made)) return { storage: made }
  checkSubject(made)
  return made
}

function isStorage(made: TokenStorage | TokenStorageSubject): made is TokenStorage {
  return typeof made === 'object' && made !== null && 'get' in made && typeof made.get === 'function'
}

function ensureStorage(storage: TokenStorage): void {
  const methods = [storage.get, storage.set, storage.delete]
  ensure(
    methods.every((method) => typeof method === 'function'),
    'a storage must have get, set and delete',
  )
}
