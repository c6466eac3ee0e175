import type { SharedFailure, TokenData } from '@requestforge/oauth'

/** All that is kept for one key. Times are monotonic, in milliseconds. */
export interface TokenRecord {
  /** Only grows. */
  version: number
  token: TokenData | undefined
  /** From here on the token counts as forgotten. */
  keepUntil: number
  lease: { readonly owner: symbol; readonly until: number } | undefined
  /** The token's refresh token was sent, and nobody told the outcome. */
  spent: boolean
  failure: { readonly failure: SharedFailure; readonly until: number } | undefined
}

/** A record of a key that nothing is known of. */
export function emptyRecord(): TokenRecord {
  return { version: 0, token: undefined, keepUntil: Number.POSITIVE_INFINITY, lease: undefined, spent: false, failure: undefined }
}

/** Above all that are known. A record begins at the time: one that was evicted and begins anew is above what it was before. */
export function nextVersion(now: number, { version }: TokenRecord, ...known: readonly number[]): number {
  return Math.max(version > 0 ? version : Math.floor(now), ...known) + 1
}
