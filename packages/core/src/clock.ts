/** Time, as everything in requestforge sees it; `ManualClock` of `@requestforge/testing` is another. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  now(): number
  /** Milliseconds since some fixed point; never goes back. */
  monotonic(): number
  /** Calls back after `delayMs` (at most 2^31-1). The timer does not keep the process alive. */
  setTimeout(callback: () => void, delayMs: number): unknown
  clearTimeout(handle: unknown): void
}

/** The platform's clock. Its timers never keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, delayMs) {
    const handle: unknown = setTimeout(callback, delayMs)
    if (typeof handle === 'object' && handle !== null && 'unref' in handle && typeof handle.unref === 'function') handle.unref()
    return handle
  },
  clearTimeout(handle) {
    clearTimeout(handle as Parameters<typeof clearTimeout>[0])
  },
}
