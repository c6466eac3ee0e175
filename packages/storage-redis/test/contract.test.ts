import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { type TokenStorageSubject, tokenStorageContract } from '@requestforge/testing'
import { createClient, createCluster } from 'redis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { RedisTokenStorage } from '../src/index.ts'
import { startRedisCluster } from './fixtures/redis-cluster.ts'
import { hasRedisServer, startRedisServer } from './fixtures/redis-server.ts'

/** What a storage does in time is looked at elsewhere: here the machine may be as busy as it likes. */
const timeoutMs = 10_000

const disposables = new AsyncDisposableStack()
afterAll(() => disposables.disposeAsync())

/** Closes it when the tests are over. */
function closing<T extends { close(): unknown }>(closable: T): T {
  disposables.defer(async () => void (await closable.close()))
  return closable
}

function contract(name: string, make: () => Promise<TokenStorageSubject>): void {
  describe.skipIf(!hasRedisServer)(
    `RedisTokenStorage fulfils the contract of storages, ${name}`,
    { concurrent: true, timeout: 30_000 },
    () => {
      let subject: TokenStorageSubject | undefined
      beforeAll(async () => {
        subject = await make()
      }, 30_000)
      const factory = () => subject ?? Promise.reject(new Error('no subject'))
      for (const { name: fact, run } of tokenStorageContract(factory)) it(fact, run)
    },
  )
}

contract('by clients of the user', async () => {
  const { url } = disposables.use(await startRedisServer())
  const connect = async () => closing(await createClient({ url }).connect())
  const [client, other] = [await connect(), await connect()]
  return {
    storage: closing(new RedisTokenStorage({ client, timeoutMs })),
    other: closing(new RedisTokenStorage({ client: other, timeoutMs })),
  }
})

contract('by clients that speak RESP2', async () => {
  const { url } = disposables.use(await startRedisServer())
  const connect = async () => closing(await createClient({ url, RESP: 2 }).connect())
  const [client, other] = [await connect(), await connect()]
  return {
    storage: closing(new RedisTokenStorage({ client, timeoutMs })),
    other: closing(new RedisTokenStorage({ client: other, timeoutMs })),
  }
})

contract('where a subscription takes a moment to stand', async () => {
  const { url } = disposables.use(await startRedisServer())
  const connect = async () => closing(await createClient({ url, RESP: 3 }).connect())
  const [client, other] = [await connect(), await connect()]
  const subscribe = client.subscribe.bind(client)
  client.subscribe = async (...args) => {
    await setTimeout(300)
    return subscribe(...args)
  }
  return {
    storage: closing(new RedisTokenStorage({ client, timeoutMs })),
    other: closing(new RedisTokenStorage({ client: other, timeoutMs })),
  }
})

contract('by a URL, encrypted', async () => {
  const { url } = disposables.use(await startRedisServer())
  const encryption = { keys: { k1: randomBytes(32).toString('base64') }, current: 'k1' }
  const open = () => closing(new RedisTokenStorage({ url, encryption, timeoutMs, keyPrefix: 'odd {prefix}: *?[a]\\ "ä"' }))
  return { storage: open(), other: open() }
})

contract('on a cluster of three', async () => {
  const nodes = await startRedisCluster()
  for (const node of nodes) disposables.use(node)
  const rootNodes = nodes.map(({ url }) => ({ url }))
  const connect = async () => closing(await createCluster({ rootNodes }).connect())
  const [client, other] = [await connect(), await connect()]
  return {
    storage: closing(new RedisTokenStorage({ client, timeoutMs })),
    other: closing(new RedisTokenStorage({ client: other, timeoutMs })),
  }
})
