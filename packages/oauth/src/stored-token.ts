import type { RenewalSite } from './renewal-site.ts'
import type { TokenData } from './token-data.ts'
import { dropAccessPart } from './token-parts.ts'
import { type ReadToken, readToken } from './token-shape.ts'
import type { MayBeUnreadable, StoredToken } from './token-storage.ts'

/** What a storage gave, if it is a token that may be used. Junk is a miss and an event. */
export function readStored(site: RenewalSite, value: unknown): TokenData | undefined {
  if (value === undefined || value === null) return undefined
  const { token, problem } = readShape(value, site.clock.now())
  if (problem !== undefined) {
    site.events.emit('storage-failed', {
      operation: 'read',
      // Not after a colon: what follows `token:` is taken for one, and masked.
      error: new TypeError(`the storage gave what is no token (${problem})`),
    })
    return undefined
  }
  if (token.accessToken !== site.slot.invalidated) return token
  // The storage missed an invalidation: the access part is gone, the refresh part may be all there is to a session.
  return token.refreshToken === undefined ? undefined : dropAccessPart(token, site.clock.now())
}

/** What is stored now, read likewise; undefined also where the storage does not answer. */
export async function getStored(site: RenewalSite): Promise<TokenData | undefined> {
  const { guard, key, options } = site
  const { storage } = options
  if (storage === undefined) return undefined
  const read = await guard.call('get', () => storage.get(key))
  return read.answered ? readStored(site, read.value) : undefined
}

/** What a storage gave, if it is a token with its version. */
export function readVersioned(site: RenewalSite, value: unknown): StoredToken | undefined {
  if (typeof value !== 'object' || value === null || !('token' in value) || !('version' in value)) return undefined
  const token = readStored(site, value.token)
  return token !== undefined && typeof value.version === 'number' && Number.isFinite(value.version)
    ? { token, version: value.version }
    : undefined
}

/** What a storage says of the value that stands there. */
export type Standing = MayBeUnreadable & { readonly stored?: StoredToken | undefined }

/** True if what a lease or a commit found cannot be read here: others may be able to. */
export function isUnreadable(site: RenewalSite, { stored, unreadable }: Standing): boolean {
  if (unreadable === true) return true
  return typeof stored === 'object' && stored !== null && 'token' in stored && !isReadable(site, stored.token)
}

/** True for what has the shape of a token, whether or not it may be used. */
export function isReadable(site: RenewalSite, value: unknown): boolean {
  return readShape(value, site.clock.now()).token !== undefined
}

/** Without its refresh token a stored token is no session any more: better a miss that is told. */
function readShape(value: unknown, now: number): ReadToken {
  const read = readToken(value, now)
  return read.unreadable?.includes('refreshToken') === true ? { problem: 'refreshToken must be a string' } : read
}
