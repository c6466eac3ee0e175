import type { Hooks, RetryEvent } from './hooks.ts'

/** Tells `onRetry`, before each wait. */
export function announceRetry(hooks: readonly Hooks[], event: RetryEvent): void {
  for (const hook of hooks) hook.onRetry?.(event)
}
