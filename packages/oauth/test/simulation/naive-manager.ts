import type { AccessToken } from '@requestforge/core'
import type { TokenData, TokenManagerOptions } from '../../src/index.ts'
import type { SimulatedManager } from './simulated-process.ts'

/** What one writes in ten minutes: no flight, no lock, no memory of failures. The simulation has to find out. */
export function createNaiveManager({ provider, storage, clock }: TokenManagerOptions): SimulatedManager {
  let held: TokenData | undefined
  const now = (): number => clock?.now() ?? 0
  const renew = async (): Promise<TokenData> => {
    const current = held ?? (await storage?.get('token'))
    const canRefresh = current?.refreshToken !== undefined && provider.refreshToken !== undefined
    held = canRefresh ? await provider.refreshToken?.(current) : await provider.fetchToken()
    if (held === undefined) throw new Error('no token')
    void storage?.set('token', held).catch(() => undefined)
    return held
  }
  const token = async (): Promise<TokenData> => {
    held ??= await storage?.get('token').catch(() => undefined)
    return held !== undefined && (held.expiresAt ?? 0) > now() ? held : renew()
  }
  const manager = {
    getToken: token,
    replaceToken: (_rejected: AccessToken) => renew(),
    forceRefresh: renew,
    invalidateToken: async () => {
      held = undefined
      await storage?.delete('token')
    },
    revokeToken: async () => {
      held = undefined
    },
    peekToken: () => undefined,
    on: () => () => undefined,
    close: async () => undefined,
  }
  // Its tokens are plain data, not `Token`s: the simulation looks at `accessToken` alone.
  return manager as unknown as SimulatedManager
}
