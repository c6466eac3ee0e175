import type { RenewalSite } from './renewal-site.ts'
import type { TurnAnswer, TurnRequest } from './renewal-turn.ts'

/** Where the storage did not know better, what is remembered here still holds: nobody asks before the next try is due. */
export function rememberedRefusal(site: RenewalSite, request: TurnRequest): (TurnAnswer & { kind: 'refused' }) | undefined {
  const { failure } = site.slot
  if (failure === undefined || request.ignoreFailure || failure.failure.kind === 'reauthentication') return undefined
  const retryInMs = failure.nextTryAt - site.clock.monotonic()
  return retryInMs > 0 ? { kind: 'refused', failure: failure.failure, retryInMs } : undefined
}
