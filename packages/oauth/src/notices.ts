import { ConfigurationError } from '@requestforge/core/errors'
import { storagePauseMs } from './renewal-constants.ts'
import type { RenewalSite } from './renewal-site.ts'
import { compareWithStored } from './stored-comparison.ts'
import type { RenewalCoordinator } from './token-storage.ts'

/** Listens, once, for what other processes do with this token. */
export function subscribeToNotices(site: RenewalSite, coordinator: RenewalCoordinator): void {
  const { slot } = site
  if (slot.unsubscribe !== undefined) return
  slot.unsubscribe = () => undefined
  try {
    slot.unsubscribe = coordinator.subscribe(site.key, () => onNotice(site, coordinator))
  } catch (error) {
    slot.unsubscribe = undefined
    if (error instanceof ConfigurationError) throw error
    // Polling is the net under notices: without them everything still works, only later.
    site.events.emit('storage-failed', { operation: 'subscribe', error })
  }
}

function onNotice(site: RenewalSite, coordinator: RenewalCoordinator): void {
  const { slot } = site
  slot.notices += 1
  // What the storage could not take is the only good token there is: it comes home before others take what stands there for good.
  if (slot.isAhead) slot.unsaved?.hurry()
  if (slot.failure !== undefined) slot.failure = { ...slot.failure, recheckAt: Number.NEGATIVE_INFINITY }
  if (slot.wake !== undefined) slot.wake()
  // A renewal sees for itself what is stored; afterwards somebody has to look whether that was all.
  else if (slot.isRenewing || slot.revalidating) slot.noticeMissed = true
  else void revalidate(site, coordinator)
}

/** Compares the process copy with what is stored. Never rejects. */
export async function revalidate(site: RenewalSite, coordinator: RenewalCoordinator): Promise<void> {
  const { slot } = site
  slot.revalidating = true
  let isDone = true
  try {
    do {
      slot.noticeMissed = false
      isDone = await compareWithStored(site, coordinator)
    } while (slot.noticeMissed && !slot.isRenewing)
  } catch {
    // A misconfiguration, which has been told as an event: nobody waits here. It may pass, as an outage does.
    isDone = false
  } finally {
    slot.revalidating = false
  }
  if (!isDone && !slot.closed) lookLater(site, coordinator)
}

/** What the storage did not answer is asked again: else an invalidation would not be seen before the next renewal. */
function lookLater(site: RenewalSite, coordinator: RenewalCoordinator): void {
  const { slot, clock, guard, random } = site
  slot.cancelLook?.()
  const pauseMs = guard.pauseMs > 0 ? guard.pauseMs : storagePauseMs
  const timer = clock.setTimeout(
    () => {
      slot.cancelLook = undefined
      if (slot.isRenewing || slot.revalidating) slot.noticeMissed = true
      // One look at a storage that may still be away is enough, however many tokens there are.
      else if (guard.isProbed) lookLater(site, coordinator)
      else void revalidate(site, coordinator)
    },
    pauseMs * (1 + random()),
  )
  slot.cancelLook = () => clock.clearTimeout(timer)
}
