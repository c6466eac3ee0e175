/** Time, as everything in requestforge sees it; `ManualClock` of `@requestforge/testing` is another. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  now(): number
  /** Milliseconds since some fixed point; never goes back. */
  monotonic(): number
  /**
   * Calls back after `delayMs` (at most 2^31-1). The timer does not keep the process alive, unless `keepsAlive` is true:
   * then somebody awaits what comes after it, and it is cleared as soon as that is settled.
   */
  setTimeout(callback: () => void, delayMs: number, keepsAlive?: boolean): unknown
  clearTimeout(handle: unknown): void
}

/** The platform's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, delayMs, keepsAlive = false) {
    const handle: unknown = setTimeout(callback, delayMs)
    if (keepsAlive) return handle
    if (typeof handle === 'object' && handle !== null && 'unref' in handle && typeof handle.unref === 'function') handle.unref()
    return handle
  },
  clearTimeout(handle) {
    clearTimeout(handle as Parameters<typeof clearTimeout>[0])
  },
}
