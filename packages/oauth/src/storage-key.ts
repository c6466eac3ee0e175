import { sha256Hex } from './sha256.ts'
import type { TokenProvider } from './token-provider.ts'

/** 128 bits: enough that two identities never meet. */
const digestHexDigits = 32

/**
 * The storage key of a token: the service name in the clear, for people who look into the storage, and a digest of all that makes the
 * token what it is. The parts are encoded as JSON, so that no separator can be forged (`['a b']` is not `['a', 'b']`).
 */
export function storageKey(provider: TokenProvider, key: string | undefined, subject: string | undefined): string {
  const identity = key === undefined ? ['identity', ...partsOf(provider.identity)] : ['key', key]
  const whole = JSON.stringify([provider.serviceName, identity, subject ?? null])
  return `${encodeURIComponent(provider.serviceName)}:${sha256Hex(whole).slice(0, digestHexDigits)}`
}

function partsOf(identity: string | readonly string[] | undefined): readonly string[] {
  if (identity === undefined) return []
  return typeof identity === 'string' ? [identity] : identity
}
