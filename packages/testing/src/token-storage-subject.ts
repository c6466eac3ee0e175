import type { TokenStorage } from '@requestforge/oauth'

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
