import type { RenewalSite } from './renewal-site.ts'

/** Whether a token can be minted without a person: as the provider says, else as was learned from what it did. Undefined: nobody knows yet. */
export function canFetch({ provider, slot }: RenewalSite): boolean | undefined {
  return provider.canFetch ?? slot.fetches
}
