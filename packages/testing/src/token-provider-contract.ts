import { ConfigurationError, HttpClientError } from '@requestforge/core/errors'
import type { TokenData, TokenProvider, TokenRequestContext } from '@requestforge/oauth'
import { type ContractCase, ContractViolation, ensure } from './contract-case.ts'
import { checkFactory, kindOf } from './option-checks.ts'

/** Makes the provider that is looked at, ready to give tokens; called once for each case. */
export type TokenProviderFactory = () => TokenProvider | Promise<TokenProvider>

type ProviderCheck = (provider: TokenProvider) => Promise<void> | void

/**
 * What `TokenManager` relies on in a provider, as cases for any test runner.
 *
 * @throws ConfigurationError unless `factory` is a function; a case rejects with one for what is no object
 * @example
 * for (const { name, run } of tokenProviderContract(() => new MyProvider())) it(name, run)
 */
export function tokenProviderContract(factory: TokenProviderFactory): readonly ContractCase[] {
  checkFactory('tokenProviderContract', factory)
  return checks.map(([name, check]) => ({ name, run: () => runCheck(factory, check) }))
}

const checks: readonly (readonly [string, ProviderCheck])[] = [
  ['it has a service name that stays the same', checkServiceName],
  ['its identity, if it has one, is text that stays the same', checkIdentity],
  ['fetchToken gives a token as TokenData has it', async (provider) => void (await fetched(provider))],
  ['the token is plain data that survives JSON', checkPlain],
  ['two calls at the same time both get a token', checkConcurrency],
  ['fetchToken works without a context, and as a function of the provider it is called on', checkBareCall],
  ['an expiry is in milliseconds and lies ahead', checkExpiry],
  ['refreshToken, where it gives refresh tokens, gives a token for one', checkRefresh],
  ['a fetch whose signal is aborted ends, and never with a token that is none', checkAbort],
  ['revokeToken, where it has one, resolves for its own token', checkRevocation],
]

async function runCheck(factory: TokenProviderFactory, check: ProviderCheck): Promise<void> {
  const provider = await factory()
  if (typeof provider !== 'object' || provider === null) {
    throw new ConfigurationError(`the factory must make a provider (got ${kindOf(provider)})`, { option: 'factory' })
  }
  ensure(typeof provider.fetchToken === 'function', 'a provider must have fetchToken')
  for (const name of ['refreshToken', 'revokeToken'] as const) {
    ensure(provider[name] === undefined || typeof provider[name] === 'function', `${name} must be a method, or left out`)
  }
  await check(provider)
}

function checkServiceName(provider: TokenProvider): void {
  const { serviceName } = provider
  ensure(typeof serviceName === 'string' && serviceName !== '', 'serviceName must be a string that is not empty')
  ensure(serviceName === provider.serviceName, 'serviceName must stay the same')
}

function checkIdentity(provider: TokenProvider): void {
  const { identity } = provider
  if (identity === undefined) return
  const parts = typeof identity === 'string' ? [identity] : identity
  ensure(
    Array.isArray(parts) && parts.every((part) => typeof part === 'string'),
    'identity must be a string or an array of strings',
  )
  ensure(JSON.stringify(identity) === JSON.stringify(provider.identity), 'identity must stay the same')
}

function checkToken(token: TokenData, method: string): void {
  ensure(typeof token === 'object' && token !== null, `${method} must give an object`)
  const { accessToken, tokenType, refreshToken, scope } = token
  ensure(typeof accessToken === 'string', `${method}: accessToken must be a string`)
  // Printable ASCII without spaces: anything else breaks the header it goes into.
  ensure(
    /^[\x21-\x7e]+$/.test(accessToken),
    `${method}: accessToken must not be empty, nor hold spaces, line ends or other letters than ASCII`,
  )
  for (const [name, value] of Object.entries({ tokenType, refreshToken, scope })) {
    ensure(value === undefined || typeof value === 'string', `${method}: ${name} must be a string, or left out (null is neither)`)
  }
  ensure(
    tokenType === undefined || /^[!#$%&'*+.^_`|~\w-]*$/.test(tokenType),
    `${method}: tokenType must be one word that can stand in a header`,
  )
  ensure(token.extra === undefined || isRecord(token.extra), `${method}: extra must be an object, or left out`)
  checkTimes(token, method)
}

function checkTimes({ issuedAt, expiresAt, refreshAt, refreshTokenExpiresAt }: TokenData, method: string): void {
  for (const [name, value] of Object.entries({ issuedAt, expiresAt, refreshAt, refreshTokenExpiresAt })) {
    if (value === undefined) continue
    const isNumber = typeof value === 'number' && Number.isFinite(value)
    ensure(isNumber, `${method}: ${name} must be a number of milliseconds since the epoch`)
    // The first months of 1973: what is less is in seconds, or a duration.
    ensure(value > 1e11, `${method}: ${name} must be in milliseconds since the epoch, not in seconds, and not a duration`)
  }
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function fetched(provider: TokenProvider, context?: TokenRequestContext): Promise<TokenData> {
  const token = await provider.fetchToken(context)
  checkToken(token, 'fetchToken')
  return token
}

async function checkPlain(provider: TokenProvider): Promise<void> {
  const token = await fetched(provider)
  const { accessToken }: Partial<TokenData> = JSON.parse(JSON.stringify(token))
  ensure(accessToken === token.accessToken, 'the token must be plain data: its JSON has lost the access token')
}

async function checkConcurrency(provider: TokenProvider): Promise<void> {
  for (const token of await Promise.all([provider.fetchToken(), provider.fetchToken()])) checkToken(token, 'fetchToken')
}

async function checkBareCall(provider: TokenProvider): Promise<void> {
  checkToken(await provider.fetchToken(undefined), 'fetchToken(undefined)')
  checkToken(await provider.fetchToken({}), 'fetchToken({})')
}

async function checkExpiry(provider: TokenProvider): Promise<void> {
  const now = Date.now()
  const { expiresAt, refreshTokenExpiresAt } = await fetched(provider, { now: () => now })
  for (const [name, value] of Object.entries({ expiresAt, refreshTokenExpiresAt })) {
    ensure(value === undefined || value > now, `${name} must lie ahead`)
  }
}

async function checkRefresh(provider: TokenProvider): Promise<void> {
  const token = await fetched(provider)
  if (token.refreshToken === undefined || provider.refreshToken === undefined) return
  checkToken(await provider.refreshToken(token), 'refreshToken')
}

/** Less than the 5 s that most test runners give a case: it is to say what is wrong. */
const abortedFetchMs = 4_000

async function checkAbort(provider: TokenProvider): Promise<void> {
  const reason = new Error('nobody needs the token any more')
  try {
    const fetching = provider.fetchToken({ signal: AbortSignal.abort(reason) })
    checkToken(await endedInTime(fetching), 'fetchToken with an aborted signal')
  } catch (error) {
    if (error instanceof ContractViolation) throw error
    const isKnown = error === reason || HttpClientError.isInstance(error) || isAbortError(error)
    ensure(isKnown, `an aborted fetch must reject with the signal's reason, or an error of the family (got ${String(error)})`)
  }
}

function endedInTime<T>(fetching: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const message = `an aborted fetch must end: it has not for ${abortedFetchMs / 1_000} s`
    const timer = setTimeout(() => reject(new ContractViolation(message)), abortedFetchMs)
    void Promise.resolve(fetching)
      .finally(() => clearTimeout(timer))
      .then(resolve, reject)
  })
}

/** By its name: a test runner that has a realm for each file has an `Error` of its own, too. */
function isAbortError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError'
}

async function checkRevocation(provider: TokenProvider): Promise<void> {
  if (provider.revokeToken === undefined) return
  await provider.revokeToken(await fetched(provider))
}
