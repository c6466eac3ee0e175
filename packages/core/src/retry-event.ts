import type { Call } from './call.ts'
import type { Hooks, RetryEvent } from './hooks.ts'
import { isPromise } from './is-promise.ts'
import { letGo } from './let-go.ts'
import { longestDelayMs } from './option-hints.ts'

/** Tells `onRetry`, before each wait. */
export async function announceRetry(hooks: readonly Hooks[], event: RetryEvent, call: Call): Promise<void> {
  call.retryDelaysMs = [...(call.retryDelaysMs ?? []), event.delayMs]
  for (const hook of hooks) {
    const told = hook.onRetry?.(event)
    if (isPromise(told)) await call.race(told)
  }
}

/** Strategies are the user's own as often as not: what is no number of milliseconds means giving up. */
export function isDelay(delayMs: unknown): delayMs is number {
  letGo(delayMs)
  return typeof delayMs === 'number' && delayMs >= 0 && delayMs <= longestDelayMs
}
