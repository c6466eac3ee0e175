import { pollDelayMs } from './failure-memory.ts'
import { leaseEndJitterMs } from './renewal-constants.ts'
import type { RenewalSite } from './renewal-site.ts'

/** Waits while another process renews: until its notice, the end of its lease, or the next poll, whichever is first. Then all compete again. */
export function waitForTurn(site: RenewalSite, retryInMs: number, stopSignal: AbortSignal): Promise<void> {
  const { clock, random, slot } = site
  const restMs = Number.isFinite(retryInMs) && retryInMs >= 0 ? retryInMs : Number.POSITIVE_INFINITY
  const delayMs = Math.max(1, Math.min(restMs + random() * leaseEndJitterMs, pollDelayMs(random)))
  return new Promise((resolve) => {
    const done = (): void => {
      clock.clearTimeout(timer)
      stopSignal.removeEventListener('abort', done)
      slot.wake = undefined
      resolve()
    }
    const timer = clock.setTimeout(done, delayMs)
    stopSignal.addEventListener('abort', done, { once: true })
    slot.wake = done
  })
}
