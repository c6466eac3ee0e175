import { AuthenticationError } from '@requestforge/core/errors'
import type { RenewalFailure } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'

/**
 * What callers are told when the options forbid to renew without the storage, or what it holds cannot be read here.
 *
 * @param retryAfterMs how long nobody looks again
 */
export function storageAwayFailure(site: RenewalSite, retryAfterMs?: number): RenewalFailure {
  const { serviceName } = site.provider
  const message = `no token for ${serviceName}: the token storage is away, or holds what cannot be read here, and without it the token must not or cannot be renewed`
  return {
    kind: 'storage',
    retryAfterMs,
    error: new AuthenticationError(message, {
      serviceName,
      retryable: true,
      requestSent: false,
      retryAfterMs: site.guard.pauseMs,
    }),
  }
}
