import { ConfigurationError } from '@requestforge/core/errors'
import type { TokenStorage } from '@requestforge/oauth'
import { checkMembers, checkType, kindOf } from './option-checks.ts'

/** A storage to look at, with what helps to look closer. */
export interface TokenStorageSubject {
  readonly storage: TokenStorage
  /** A second one on the same backend, as another process has it. @default the same one */
  readonly other?: TokenStorage | undefined
  /** Lets so many milliseconds pass for storage and backend. @default really waits, and leaves out what would take longer than a second */
  readonly advance?: ((ms: number) => Promise<void>) | undefined
  /** Called after each case. */
  readonly close?: (() => Promise<void>) | undefined
}

const memberNames: readonly (keyof TokenStorageSubject)[] = ['storage', 'other', 'advance', 'close']

/** @throws ConfigurationError that names the member */
export function checkSubject(subject: TokenStorageSubject): void {
  checkMembers('what the factory makes', 'factory', subject, memberNames)
  checkStorage('storage', subject.storage)
  if (subject.other !== undefined) checkStorage('other', subject.other)
  checkType('advance', subject.advance, 'function')
  checkType('close', subject.close, 'function')
}

function checkStorage(option: string, storage: unknown): void {
  if (typeof storage === 'object' && storage !== null) return
  throw new ConfigurationError(`${option} must be a storage (got ${kindOf(storage)})`, { option })
}
