import type { Clock } from '@requestforge/core'
import { ConfigurationError } from '@requestforge/core/errors'
import { checkFault, type OAuthServerFault } from './oauth-server-fault.ts'
import { checkArray, checkClock, checkCount, checkMembers, checkOptions, checkType, kindOf } from './option-checks.ts'

/** A client that the server knows. */
export interface OAuthServerClient {
  readonly clientId: string
  /** Absent: a public client, which has none. */
  readonly clientSecret?: string | undefined
}

/** A user that the server knows. */
export interface OAuthServerUser {
  readonly username: string
  readonly password: string
}

/** What an OAuth test server is to be like. */
export interface OAuthServerOptions {
  /** @default any client, with any secret */
  readonly clients?: readonly OAuthServerClient[] | undefined
  /** @default any user, with any password */
  readonly users?: readonly OAuthServerUser[] | undefined
  /** How long access tokens live, in seconds, as `expires_in` says. @default 3600 */
  readonly tokenLifetimeS?: number | undefined
  /** Each refresh token is good once; one that is used again ends the whole login. @default true */
  readonly rotateRefreshTokens?: boolean | undefined
  /** Give refresh tokens for client credentials too, against the advice of RFC 6749 section 4.4.3. @default false */
  readonly refreshTokenForClientCredentials?: boolean | undefined
  /** What goes wrong with the first requests; the same as `failNext` for each. @default none */
  readonly faults?: readonly OAuthServerFault[] | undefined
  /** On 127.0.0.1. @default a free one */
  readonly port?: number | undefined
  /** For the expiry of tokens and the delays of faults. @default the platform's */
  readonly clock?: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'> | undefined
}

const optionNames: readonly (keyof OAuthServerOptions)[] = [
  'clients',
  'users',
  'tokenLifetimeS',
  'rotateRefreshTokens',
  'refreshTokenForClientCredentials',
  'faults',
  'port',
  'clock',
]

/** @throws ConfigurationError that names the option */
export function checkServerOptions(options: OAuthServerOptions): void {
  checkOptions('startOAuthServer', options, optionNames)
  checkCount('tokenLifetimeS', options.tokenLifetimeS, 0)
  checkCount('port', options.port, 0, 65_535)
  checkType('rotateRefreshTokens', options.rotateRefreshTokens, 'boolean')
  checkType('refreshTokenForClientCredentials', options.refreshTokenForClientCredentials, 'boolean')
  checkClock(options.clock, ['now', 'setTimeout', 'clearTimeout'])
  checkEach('clients', options.clients, checkClient)
  checkEach('users', options.users, checkUser)
  checkEach('faults', options.faults, (fault) => checkFault(fault, 'faults'))
}

function checkEach<T>(option: string, values: readonly T[] | undefined, check: (value: T) => void): void {
  checkArray(option, values)
  for (const value of values ?? []) check(value)
}

function checkClient(client: OAuthServerClient): void {
  checkMembers('a client', 'clients', client, ['clientId', 'clientSecret'])
  checkCredential('clients', 'clientId', client.clientId)
  if (client.clientSecret !== undefined) checkCredential('clients', 'clientSecret', client.clientSecret)
}

function checkUser(user: OAuthServerUser): void {
  checkMembers('a user', 'users', user, ['username', 'password'])
  checkCredential('users', 'username', user.username)
  checkCredential('users', 'password', user.password)
}

function checkCredential(option: string, member: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return
  throw new ConfigurationError(`${option}: ${member} must be a string that is not empty (got ${kindOf(value)})`, { option })
}
