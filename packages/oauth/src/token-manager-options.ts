import { type Clock, systemClock } from '@requestforge/core'
import { ConfigurationError } from '@requestforge/core/errors'
import { longestDelayMs } from '@requestforge/core/option-hints'
import { checkOptionNames } from './option-names.ts'
import { duration } from './option-values.ts'
import { defaultLifetimeMs, minForcedIntervalMs, renewalTimeoutMs, storageTimeoutMs } from './renewal-constants.ts'
import type { TokenProvider } from './token-provider.ts'
import type { TokenStorage } from './token-storage.ts'

/** What to do when a refresh token was sent and its answer was lost. */
export type InDoubtPolicy = 'fetch' | 'retry' | 'error'

/** How to renew while the storage is away. */
export type StorageFailurePolicy = 'renew' | 'fetch' | 'error'

/** The options that every kind of manager takes. */
export interface RenewalOptions {
  /** Where tokens are kept between renewals. @default the manager's own memory */
  readonly storage?: TokenStorage | undefined
  /** Where time comes from. @default the platform's clocks */
  readonly clock?: Clock | undefined
  /** A number from 0 up to 1, for every jitter. @default Math.random */
  readonly random?: (() => number) | undefined
  /** The lifetime of tokens whose server told none, in milliseconds. @default 3_600_000 */
  readonly defaultLifetimeMs?: number | undefined
  /** Renew in the background before the token expires. Off for servers that kill the previous token on issue. @default true */
  readonly renewAhead?: boolean | undefined
  /** How long callers wait for a renewal, in milliseconds; 0 means none: until the provider gives up. @default 10_000 */
  readonly renewalTimeoutMs?: number | undefined
  /** How long one call to the storage may take, in milliseconds; 0 means none. @default 500 */
  readonly storageTimeoutMs?: number | undefined
  /** The least time between two renewals that an API's rejections cause one after another, in milliseconds. @default 1_000 */
  readonly minForcedIntervalMs?: number | undefined
  /** A rejected token younger than this is tried once more as it is, in milliseconds (for APIs that learn of a token late). @default 0 */
  readonly retryYoungerThanMs?: number | undefined
  /**
   * When a refresh token was sent and its answer was lost: `fetch` mints anew where the provider can, and else tries the refresh token once
   * more after the access token has expired; `retry` always does the latter; `error` asks for a new login. @default 'fetch'
   */
  readonly onInDoubt?: InDoubtPolicy | undefined
  /**
   * While the storage is away: `renew` lets each process renew on its own; `fetch` spends no stored refresh token, and mints anew instead;
   * `error` asks nobody. Valid tokens are handed out in any case. @default 'renew'
   */
  readonly onStorageFailure?: StorageFailurePolicy | undefined
}

/** The options of a `TokenManager`. */
export interface TokenManagerOptions extends RenewalOptions {
  /** Gets the tokens. */
  readonly provider: TokenProvider
  /** What makes this token different from others of the same service, instead of the provider's `identity`. Hashed into the storage key. */
  readonly key?: string | undefined
}

/** All options, defaulted and checked. */
export interface ResolvedRenewalOptions {
  readonly storage: TokenStorage | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly defaultLifetimeMs: number
  readonly renewAhead: boolean
  readonly renewalTimeoutMs: number
  readonly minForcedIntervalMs: number
  readonly retryYoungerThanMs: number
  readonly storageTimeoutMs: number
  readonly onInDoubt: InDoubtPolicy
  readonly onStorageFailure: StorageFailurePolicy
}

const defaults = {
  storage: undefined,
  clock: systemClock,
  random: Math.random,
  defaultLifetimeMs,
  renewAhead: true,
  renewalTimeoutMs,
  storageTimeoutMs,
  minForcedIntervalMs,
  retryYoungerThanMs: 0,
  onInDoubt: 'fetch',
  onStorageFailure: 'renew',
} as const satisfies ResolvedRenewalOptions

/** The names of `RenewalOptions`, for checks against misspelled ones. */
export const renewalOptionNames: readonly string[] = Object.keys(defaults)

/** Defaults and checks, once. @throws {ConfigurationError} naming the option that is wrong */
export function resolveRenewalOptions(options: RenewalOptions): ResolvedRenewalOptions {
  // Not `??`: a null is a mistake, and no default.
  const {
    storage,
    clock = defaults.clock,
    random = defaults.random,
    defaultLifetimeMs = defaults.defaultLifetimeMs,
    renewAhead = defaults.renewAhead,
    renewalTimeoutMs = defaults.renewalTimeoutMs,
    storageTimeoutMs = defaults.storageTimeoutMs,
    minForcedIntervalMs = defaults.minForcedIntervalMs,
    retryYoungerThanMs = defaults.retryYoungerThanMs,
    onInDoubt = defaults.onInDoubt,
    onStorageFailure = defaults.onStorageFailure,
  } = options
  const resolved: ResolvedRenewalOptions = {
    storage,
    clock,
    random,
    defaultLifetimeMs: duration('defaultLifetimeMs', defaultLifetimeMs),
    renewAhead,
    renewalTimeoutMs: timeLimit('renewalTimeoutMs', renewalTimeoutMs),
    storageTimeoutMs: timeLimit('storageTimeoutMs', storageTimeoutMs),
    minForcedIntervalMs: duration('minForcedIntervalMs', minForcedIntervalMs),
    retryYoungerThanMs: duration('retryYoungerThanMs', retryYoungerThanMs),
    onInDoubt: oneOf('onInDoubt', onInDoubt, ['fetch', 'retry', 'error']),
    onStorageFailure: oneOf('onStorageFailure', onStorageFailure, ['renew', 'fetch', 'error']),
  }
  if (resolved.storage !== undefined) checkStorage(resolved.storage)
  requireMethods('clock', resolved.clock, ['now', 'monotonic', 'setTimeout', 'clearTimeout'])
  if (typeof resolved.random !== 'function') throw wrong('random', 'must be a function that returns a number from 0 up to 1')
  if (typeof resolved.renewAhead !== 'boolean') throw wrong('renewAhead', 'must be true or false')
  return resolved
}

/** Checks the options that a `TokenManager` has beside the common ones. @throws {ConfigurationError} naming the option that is wrong */
export function checkTokenManagerOptions(options: TokenManagerOptions): void {
  checkOptionNames('TokenManager', options, ['provider', 'key', ...renewalOptionNames])
  checkProvider(options.provider)
  if (options.key !== undefined && (typeof options.key !== 'string' || options.key === ''))
    throw wrong('key', 'must be a string that is not empty')
}

/** @throws {ConfigurationError} if `provider` is none */
export function checkProvider(provider: TokenProvider): void {
  requireMethods('provider', provider, ['fetchToken'])
  for (const name of ['refreshToken', 'revokeToken'] as const) {
    if (provider[name] !== undefined && typeof provider[name] !== 'function')
      throw wrong('provider', `must have a method \`${name}\`, or none`)
  }
  if (typeof provider.serviceName !== 'string' || provider.serviceName === '')
    throw wrong('provider', 'must have a `serviceName`')
  checkIdentity(provider.identity)
}

/** It goes into the storage key: what is no text would make one place of many. */
function checkIdentity(identity: unknown): void {
  const parts: readonly unknown[] = Array.isArray(identity) ? identity : [identity ?? '']
  if (identity === null || !parts.every((part) => typeof part === 'string'))
    throw wrong('provider.identity', 'must be a string or an array of strings')
}

/** A time-out, where 0 means none: the longest that timers take. */
function timeLimit(name: string, value: number): number {
  return duration(name, value) || longestDelayMs
}

function checkStorage(storage: TokenStorage): void {
  requireMethods('storage', storage, ['get', 'set', 'delete'])
  if (storage.coordinator !== undefined)
    requireMethods('storage.coordinator', storage.coordinator, ['claim', 'remove', 'subscribe'])
}

function requireMethods(option: string, value: object, methods: readonly string[]): void {
  const given = (typeof value === 'object' || typeof value === 'function') && value !== null ? value : {}
  const missing = methods.filter((method) => typeof (given as Readonly<Record<string, unknown>>)[method] !== 'function')
  if (missing.length > 0)
    throw wrong(option, `must have the method${missing.length > 1 ? 's' : ''} ${missing.map((name) => `\`${name}\``).join(', ')}`)
}

function oneOf<const Value extends string>(name: string, value: string, allowed: readonly Value[]): Value {
  const found = allowed.find((candidate) => candidate === value)
  if (found === undefined) throw wrong(name, `must be one of ${allowed.map((each) => `'${each}'`).join(', ')}`)
  return found
}

function wrong(option: string, wish: string): ConfigurationError {
  return new ConfigurationError(`${option} ${wish}`, { option })
}
