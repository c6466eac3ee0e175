/** What it costs Redis that one listener looks, with some room, in milliseconds. */
const lookMs = 0.05
/** A Redis that is kept busy for so long, in milliseconds, is no reason to wait. */
const shortestSpreadMs = 5
/** Whoever waits for a token polls sooner than that anyway, in milliseconds. */
const longestSpreadMs = 2_000

/**
 * Over how many milliseconds the listeners of a notice should spread their looks. Ten thousand at one moment would keep Redis busy for longer
 * than a call to it may take. A notice is `version:listeners`, as many as heard the one before.
 */
export function spreadOf(notice: string): number {
  const listeners = /^\d+:(\d+)$/.exec(notice)?.[1] ?? 0
  const spreadMs = Number(listeners) * lookMs
  return spreadMs > shortestSpreadMs ? Math.min(spreadMs, longestSpreadMs) : 0
}
