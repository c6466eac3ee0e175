import type { Interruptible } from './interruptible.ts'

/** Ends `work` with the signal's reason when that is aborted, or was before; returns what ends the watch. */
export function heedSignal(signal: AbortSignal, work: Pick<Interruptible, 'interrupt'>): () => void {
  const onAbort = (): void => work.interrupt(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}
