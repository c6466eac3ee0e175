import { ConfigurationError } from '@requestforge/core/errors'
import { checkDuration, checkFunction, longestDelayMs, shown } from './option-checks.ts'

/** How delays grow from retry to retry. */
export interface BackoffOptions {
  /** Before the first retry, in milliseconds; 0 means no delays at all. @default 1_000 */
  readonly baseDelayMs?: number | undefined
  /** No delay is longer, in milliseconds. @default 60_000 */
  readonly maxDelayMs?: number | undefined
  /** @default 2 */
  readonly multiplier?: number | undefined
  /** Spread delays, so that many clients do not come back at once. @default true */
  readonly jitter?: boolean | undefined
  /** From 0 up to, not including, 1. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** A backoff with every default in place. */
export type Backoff = { readonly [K in keyof BackoffOptions]-?: NonNullable<BackoffOptions[K]> }

/** @throws ConfigurationError that names the option */
export function resolveBackoff(
  options: BackoffOptions,
  defaults: { readonly baseDelayMs: number; readonly maxDelayMs: number },
): Backoff {
  const { baseDelayMs = defaults.baseDelayMs, maxDelayMs = defaults.maxDelayMs } = options
  const { multiplier = 2, jitter = true, random = Math.random } = options
  checkDuration('baseDelayMs', baseDelayMs)
  checkDuration('maxDelayMs', maxDelayMs)
  checkFunction('random', random)
  if (typeof multiplier !== 'number' || !Number.isFinite(multiplier) || multiplier < 1) {
    throw new ConfigurationError(`multiplier must be a number, 1 or more (got ${shown(multiplier)})`, { option: 'multiplier' })
  }
  if (typeof jitter !== 'boolean')
    throw new ConfigurationError(`jitter must be true or false (got ${shown(jitter)})`, { option: 'jitter' })
  return { baseDelayMs, maxDelayMs, multiplier, jitter, random }
}

/**
 * The delay before retry number `retry` (0-based), in milliseconds: d = min(max, base · multiplier^retry); with jitter a number drawn
 * uniformly from 0.75 d to min(1.25 d, max).
 */
export function backoffDelay({ baseDelayMs, maxDelayMs, multiplier, jitter, random }: Backoff, retry: number): number {
  if (baseDelayMs === 0) return 0
  const delayMs = Math.min(maxDelayMs, longestDelayMs, baseDelayMs * multiplier ** retry)
  if (!jitter) return delayMs
  const from = 0.75 * delayMs
  return from + random() * (Math.min(1.25 * delayMs, maxDelayMs) - from)
}
