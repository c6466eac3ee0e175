import { holdToken, learnReplaced, looseToken } from './hold-token.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { Flight } from './single-flight.ts'
import type { Token } from './token.ts'
import type { StoredToken } from './token-storage.ts'

/** Takes over what somebody else has stored. After an invalidation it is for those alone who wait. */
export function adopt(site: RenewalSite, flight: Flight, stored: StoredToken): Token {
  const token = takeOver(site, flight, stored)
  // Now, and not before: a listener may ask for the token.
  site.events.emit('adopted', { version: stored.version })
  return token
}

function takeOver(site: RenewalSite, flight: Flight, stored: StoredToken): Token {
  const { slot } = site
  if (!slot.isCurrent(flight)) {
    learnReplaced(site, stored)
    return looseToken(site, stored.token)
  }
  slot.failure = undefined
  // What could not be written, or forgotten, is older than this.
  slot.unsaved?.cancel()
  return holdToken(site, stored).token
}
