import { closedError } from './renewal-failure.ts'
import type { TokenSlot } from './token-slot.ts'

/** Ends all waits for one token. A refresh that is on its way is still stored: the promise tells when. Needs no provider. */
export async function closeSlot(slot: TokenSlot): Promise<void> {
  const { flight } = slot
  slot.closed = true
  flight?.release({ kind: 'closed', error: closedError() })
  slot.freshUntil = Number.NEGATIVE_INFINITY
  await flight?.ended
  await slot.unsaved?.saveForGood()
  slot.unsaved?.cancel()
  slot.cancelLook?.()
  slot.unsubscribe?.()
}
