import type { Clock } from '@requestforge/core'
import type { TokenEvents } from './manager-events.ts'
import type { StorageGuard } from './storage-guard.ts'
import type { ResolvedRenewalOptions } from './token-manager-options.ts'
import type { TokenProvider } from './token-provider.ts'
import type { TokenSlot } from './token-slot.ts'

/** All that the renewals of one token need: its state, its provider, and what the manager's tokens share. */
export interface RenewalSite {
  readonly slot: TokenSlot
  readonly provider: TokenProvider
  /** The storage key. */
  readonly key: string
  readonly options: ResolvedRenewalOptions
  readonly clock: Clock
  readonly random: () => number
  readonly events: TokenEvents
  readonly guard: StorageGuard
}
