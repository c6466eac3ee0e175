// One process of bench/redis-fleet.ts: gets tokens in one of three ways.
import { setTimeout as sleep } from 'node:timers/promises'
import { ClientCredentialsTokenProvider, TokenManager, type TokenStorage } from '../packages/oauth/src/index.ts'
import type { Report } from '../packages/requestforge/test/fleet/fixtures/messages.ts'
import { RedisTokenStorage } from '../packages/storage-redis/src/index.ts'

/** How a fleet may get its tokens. */
export type Design = 'naive' | 'one flight in each process' | 'ours'

/** What the bench tells a process. */
export type BenchCommand =
  | { readonly do: 'open'; readonly url: string; readonly keyPrefix: string; readonly tokenUrl: string; readonly design: Design }
  | { readonly do: 'get'; readonly callers: number }

let getToken: () => Promise<string> = () => Promise.reject(new Error('not open'))
let close: () => Promise<void> = async () => undefined

async function open({ url, keyPrefix, tokenUrl, design }: BenchCommand & { do: 'open' }): Promise<void> {
  await close()
  const storage = new RedisTokenStorage({ url, keyPrefix, timeoutMs: 5_000 })
  const options = { tokenUrl, clientId: 'bench', clientSecret: 'bench', serviceName: 'bench' }
  const provider = new ClientCredentialsTokenProvider(options)
  const plain: TokenStorage = {
    get: (key) => storage.get(key),
    set: (key, token, keep) => storage.set(key, token, keep),
    delete: (key) => storage.delete(key),
  }
  const manager = new TokenManager({ provider, storage: design === 'ours' ? storage : plain, storageTimeoutMs: 5_000 })
  const fetchAndStore = async (): Promise<string> => {
    const token = (await storage.get('naive')) ?? (await provider.fetchToken())
    await storage.set('naive', token)
    return token.accessToken
  }
  getToken = design === 'naive' ? fetchAndStore : async () => (await manager.getToken()).accessToken
  close = async () => {
    await manager.close()
    await storage.close()
  }
  // The connection stands before the clock runs, however long it takes while all processes start.
  for (let ready = false; !ready; ) {
    ready = await storage.get('warm-up').then(
      () => true,
      () => false,
    )
    if (!ready) await sleep(100)
  }
}

async function run(command: BenchCommand): Promise<Report> {
  const startedAt = performance.now()
  if (command.do === 'open') await open(command)
  const callers = command.do === 'get' ? command.callers : 0
  const tokens = await Promise.all(Array.from({ length: callers }, () => getToken()))
  const elapsedMs = performance.now() - startedAt
  return {
    tokens: [...new Set(tokens)],
    errors: [],
    elapsedMs,
    endedAt: Date.now(),
    heardAt: 0,
    storageFailures: 0,
    stalledMs: 0,
  }
}

process.on('message', async ({ id, command }: { id: number; command: BenchCommand }) => {
  process.send?.({ id, report: await run(command) })
})
