import { jwtExpiresAt } from './jwt-expiry.ts'
import {
  dueAtLeastMs,
  dueFromBeforeEndMs,
  dueFromShare,
  dueMarginShare,
  dueUntilBeforeEndMs,
  dueUntilShare,
  lifetimeLimitMs,
  shortLifetimeLimitMs,
  skewLimitMs,
  skewShare,
} from './renewal-constants.ts'
import type { TokenData } from './token-data.ts'

/** When a token is due and when it is expired, on the monotonic scale of this process: wall-clock jumps do not move it. */
export interface TokenLifetime {
  readonly dueAt: number
  readonly expiredAt: number
}

/** What a lifetime is measured with. */
export interface LifetimeRules {
  /** The wall clock, now. */
  readonly now: number
  /** The monotonic clock, now. */
  readonly monotonic: number
  readonly random: () => number
  readonly defaultLifetimeMs: number
  readonly renewAhead: boolean
}

/** How long before its end a token of this lifetime counts as expired, in milliseconds. */
export function skewMs(lifetimeMs: number): number {
  return Math.min(skewLimitMs, lifetimeMs * skewShare)
}

/** The whole lifetime in milliseconds, from issue to end, between 0 and one year. */
export function lifetimeMs(token: TokenData, now: number, defaultLifetimeMs: number): number {
  const issuedAt = token.issuedAt ?? now
  if (token.expiresAt !== undefined) return Math.min(Math.max(token.expiresAt - issuedAt, 0), lifetimeLimitMs)
  const jwtLifetimeMs = (jwtExpiresAt(token.accessToken) ?? Number.POSITIVE_INFINITY) - issuedAt
  // A JWT that ended before it was issued says that somebody's clock is wrong, not that the token is dead.
  return jwtLifetimeMs > 0 ? Math.min(jwtLifetimeMs, defaultLifetimeMs) : defaultLifetimeMs
}

/** When a token must not be sent any more, on the monotonic scale. */
export function measureExpiry(token: TokenData, rules: Omit<LifetimeRules, 'random' | 'renewAhead'>): number {
  const wholeMs = lifetimeMs(token, rules.now, rules.defaultLifetimeMs)
  return rules.monotonic + wholeMs - ageMs(token, rules.now) - skewMs(wholeMs)
}

/** Measures once, when the token comes into the process; due is drawn once too, so that a fleet does not line up. */
export function measureLifetime(token: TokenData, rules: LifetimeRules): TokenLifetime {
  const wholeMs = lifetimeMs(token, rules.now, rules.defaultLifetimeMs)
  const oldMs = ageMs(token, rules.now)
  const expiredAt = measureExpiry(token, rules)
  if (!rules.renewAhead) return { dueAt: expiredAt, expiredAt }
  const dueInMs = Math.max(dueAfterMs(token, wholeMs, rules) - oldMs, Math.min(dueAtLeastMs, (wholeMs - oldMs) * dueFromShare))
  return { dueAt: Math.min(rules.monotonic + dueInMs, expiredAt), expiredAt }
}

/** A token from the future was issued by a clock ahead of ours: it begins now, and lives no longer for it. */
function ageMs(token: TokenData, now: number): number {
  return Math.max(0, now - (token.issuedAt ?? now))
}

/** From issue to due, in milliseconds. */
function dueAfterMs(token: TokenData, wholeMs: number, rules: LifetimeRules): number {
  const issuedAt = token.issuedAt ?? rules.now
  if (token.refreshAt !== undefined && token.refreshAt > issuedAt) return token.refreshAt - issuedAt
  if (wholeMs > shortLifetimeLimitMs) return between(wholeMs - dueFromBeforeEndMs, wholeMs - dueUntilBeforeEndMs, rules.random)
  const expiredAfterMs = wholeMs - skewMs(wholeMs)
  return between(
    wholeMs * dueFromShare,
    Math.min(wholeMs * dueUntilShare, expiredAfterMs - wholeMs * dueMarginShare),
    rules.random,
  )
}

function between(from: number, to: number, random: () => number): number {
  return from + (to - from) * random()
}
