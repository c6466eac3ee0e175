import type { Clock } from '@requestforge/core'

/** The part of a clock that waits. */
export type Timers = Pick<Clock, 'setTimeout' | 'clearTimeout'>

/** The platform's. Its timers keep the process alive: somebody awaits what comes after them. */
export const platformTimers: Timers = {
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  // The only handles are those that the line above gave.
  clearTimeout: (handle) => clearTimeout(handle as Parameters<typeof clearTimeout>[0]),
}

/** Waits; an abort of `signal` ends the wait at once, with its reason. */
export function pause(delayMs: number, timers: Timers, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason)
      return
    }
    if (delayMs === 0) {
      resolve()
      return
    }
    const abort = (): void => {
      timers.clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = timers.setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, delayMs)
    signal?.addEventListener('abort', abort, { once: true })
  })
}
