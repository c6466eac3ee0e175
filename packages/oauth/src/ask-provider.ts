import { AuthenticationError, ConfigurationError, RequestTimeoutError } from '@requestforge/core/errors'
import type { Deviation } from './deviation.ts'
import { lifetimeLimitMs } from './renewal-constants.ts'
import { failureOf, type RenewalFailure, stoppedFailure } from './renewal-failure.ts'
import type { RenewalSite } from './renewal-site.ts'
import type { TokenData } from './token-data.ts'
import type { TokenRequestContext } from './token-provider.ts'
import { readToken, type TextMember } from './token-shape.ts'

/** What a provider gave: a token, or a failure with its class. */
export type ProviderAnswer =
  | { readonly token: TokenData; readonly failure?: undefined }
  | { readonly token?: undefined; readonly failure: RenewalFailure }

/** One question to a provider. */
export interface ProviderQuestion {
  ask(context: TokenRequestContext): Promise<TokenData>
  /** The longest wait, in milliseconds; after it the request is aborted. */
  readonly limitMs: number
  /** Ends the wait earlier. */
  readonly stopSignal?: AbortSignal | undefined
  /** True if somebody awaits the answer, and nothing else keeps the process alive for him. @default false */
  readonly keepsAlive?: boolean | undefined
}

/** Asks a provider, which may be anybody's code: throwing at once, never settling, giving junk are answers like others. */
export function askProvider(site: RenewalSite, question: ProviderQuestion): Promise<ProviderAnswer> {
  const { clock } = site
  const { limitMs, stopSignal } = question
  const abort = new AbortController()
  const deviations = new Set<string>()
  const context: TokenRequestContext = {
    signal: abort.signal,
    now: () => clock.now(),
    onDeviation: (deviation) => {
      deviations.add(deviation.kind)
      site.events.emit('deviation', deviation)
    },
  }
  return new Promise((resolve) => {
    const finish = (answer: ProviderAnswer): void => {
      clock.clearTimeout(timer)
      stopSignal?.removeEventListener('abort', onStop)
      resolve(answer)
    }
    const cut = (error: unknown): void => {
      finish({ failure: stoppedFailure(error) })
      abort.abort(error)
    }
    const onStop = (): void => cut(stopSignal?.reason)
    const timer = clock.setTimeout(() => cut(timeoutError(site, limitMs)), limitMs, question.keepsAlive)
    if (stopSignal?.aborted === true) return onStop()
    stopSignal?.addEventListener('abort', onStop, { once: true })
    // Inside a promise, so that what a provider throws synchronously is a rejection like any other.
    new Promise<unknown>((begin) => begin(question.ask(context))).then(
      (value) => finish(readAnswer(site, value, deviations)),
      (error: unknown) => finish({ failure: failureOf(error, clock.now()) }),
    )
  })
}

/** Nobody waits longer than this for a token. */
export function timeoutError(site: RenewalSite, timeoutMs: number): RequestTimeoutError {
  const message = `no token for ${site.provider.serviceName} within ${timeoutMs} ms`
  return new RequestTimeoutError(message, { phase: 'token', timeoutMs, elapsedMs: timeoutMs })
}

function readAnswer(site: RenewalSite, value: unknown, deviations: ReadonlySet<string>): ProviderAnswer {
  const now = site.clock.now()
  const { token: given, unreadable, problem } = readToken(value, now)
  if (problem !== undefined) return { failure: junkFailure(site, problem) }
  for (const name of unreadable) site.events.emit('deviation', unreadableMember(name))
  const token = stamp(given, now, site.slot.held?.data.accessToken)
  // Providers that read `expires_in` themselves have told already.
  if (token.expiresAt !== undefined && token.expiresAt <= now && !deviations.has('expires_in_zero')) {
    const detail = 'the token had expired when it arrived: it is used once, by those who waited for it'
    site.events.emit('deviation', { kind: 'expires_in_zero', detail })
  }
  return { token }
}

function unreadableMember(name: TextMember): Deviation {
  const kind = name === 'scope' ? 'unreadable_scope' : 'unreadable_refresh_token'
  return { kind, detail: `the provider gave a ${name} that is no string: taken as missing` }
}

/** Dates the token. The same token once more is no new one: what is left of it counts as its lifetime. */
function stamp(given: TokenData, now: number, heldAccessToken: string | undefined): TokenData {
  const issuedAt = given.accessToken === heldAccessToken ? now : Math.min(given.issuedAt ?? now, now)
  if (given.expiresAt === undefined) return { ...given, issuedAt }
  return { ...given, issuedAt, expiresAt: Math.min(given.expiresAt, issuedAt + lifetimeLimitMs) }
}

function junkFailure(site: RenewalSite, problem: string): RenewalFailure {
  const { serviceName } = site.provider
  const cause = new ConfigurationError(problem)
  // Not after a colon: what follows `token:` is masked where others are told.
  const message = `no token for ${serviceName}: the provider gave what is no token (${problem})`
  const error = new AuthenticationError(message, { serviceName, cause })
  return { kind: 'junk', error }
}
