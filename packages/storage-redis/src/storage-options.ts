import { ConfigurationError } from '@requestforge/core/errors'
import { durationProblem, nearestName } from '@requestforge/core/option-hints'
import type { TokenEncryption } from './encryption.ts'
import { type AnyRedisClient, checkClient } from './redis-client.ts'

/** Options of `RedisTokenStorage`: a `url`, or a `client` of yours. */
export type RedisTokenStorageOptions = {
  /** Stands before every key and channel. @default 'requestforge' */
  readonly keyPrefix?: string | undefined
  /** Encrypts tokens at rest with AES-256-GCM. @default none */
  readonly encryption?: TokenEncryption | undefined
  /** How long one call to Redis may take, in milliseconds; a connection for a `url` may take as long, or 500 ms if that is more. @default 250 */
  readonly timeoutMs?: number | undefined
} & (
  | {
      /** Such as `redis://127.0.0.1:6379/1`; needs the package redis. `close()` ends its connection. */
      readonly url: string | URL
      readonly client?: undefined
    }
  | {
      /** A connected client of the package redis, of a cluster or of sentinels too. It stays yours to connect and to close. */
      readonly client: AnyRedisClient
      readonly url?: undefined
    }
)

const names: readonly string[] = ['url', 'client', 'keyPrefix', 'encryption', 'timeoutMs']

/** @throws ConfigurationError that names the option and says what it wants */
export function checkOptions(options: RedisTokenStorageOptions): void {
  if (typeof options !== 'object' || options === null)
    throw new ConfigurationError('RedisTokenStorage wants { url } or { client }')
  const unknown = Object.keys(options).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const meant = nearestName(unknown, names)
    const hint = meant === undefined ? '' : ` (did you mean \`${meant}\`?)`
    const message = `RedisTokenStorage has no option \`${unknown}\`${hint}: it knows ${names.join(', ')}`
    throw new ConfigurationError(message, { option: unknown })
  }
  const { url, client, keyPrefix, encryption, timeoutMs } = options
  if ((url === undefined) === (client === undefined)) {
    const got = url === undefined ? 'neither' : 'both'
    throw new ConfigurationError(`RedisTokenStorage wants either \`url\` or \`client\` (got ${got})`, { option: 'url' })
  }
  if (client === undefined) checkUrl(url)
  else checkClient(client)
  if (keyPrefix !== undefined && (typeof keyPrefix !== 'string' || keyPrefix === ''))
    throw new ConfigurationError('keyPrefix must be a string that is not empty', { option: 'keyPrefix' })
  if (encryption !== undefined && (typeof encryption !== 'object' || encryption === null))
    throw new ConfigurationError('encryption must be { keys, current }', { option: 'encryption' })
  const problem = timeoutMs === undefined ? undefined : durationProblem('timeoutMs', timeoutMs, String(timeoutMs), 1)
  if (problem !== undefined) throw new ConfigurationError(problem, { option: 'timeoutMs' })
}

/** The URL may hold a password: it is not shown. */
function checkUrl(url: unknown): void {
  const text = typeof url === 'string' || url instanceof URL ? String(url) : ''
  const given = URL.canParse(text) ? new URL(text) : undefined
  const problem = given === undefined ? 'must be an absolute redis:// or rediss:// URL' : urlProblem(given)
  if (problem !== undefined) throw new ConfigurationError(`url ${problem}`, { option: 'url' })
}

/** What the client would only say when it connects. */
function urlProblem({ protocol, pathname, username, password }: URL): string | undefined {
  if (!/^rediss?:$/.test(protocol)) return 'must be an absolute redis:// or rediss:// URL'
  if (!/^\/?\d*$/.test(pathname))
    return 'may have the number of a database for its path, as in redis://127.0.0.1:6379/1, and no other'
  if (isPercentEncoded(username) && isPercentEncoded(password)) return undefined
  return 'must hold user name and password percent-encoded: a "%" in them is written "%25"'
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
