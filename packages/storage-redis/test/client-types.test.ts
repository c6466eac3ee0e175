import { createClient, createCluster, createSentinel } from 'redis'
import { describe, expect, it } from 'vitest'
import { RedisTokenStorage } from '../src/index.ts'

// What counts here is that it compiles.
describe('RedisTokenStorage takes, as they are', () => {
  it.each([
    ['a client', () => new RedisTokenStorage({ client: createClient() })],
    ['a client with RESP2', () => new RedisTokenStorage({ client: createClient({ RESP: 2 }) })],
    [
      'a client with options',
      () => new RedisTokenStorage({ client: createClient({ url: 'rediss://127.0.0.1:1', database: 1 }) }),
    ],
    ['a cluster client', () => new RedisTokenStorage({ client: createCluster({ rootNodes: [{ url: 'redis://127.0.0.1:1' }] }) })],
    [
      'a sentinel client',
      () =>
        new RedisTokenStorage({ client: createSentinel({ name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] }) }),
    ],
    ['a URL', () => new RedisTokenStorage({ url: new URL('redis://127.0.0.1:1') })],
  ])('%s', async (_name, make) => {
    const storage = make()
    await expect(storage.get('k')).rejects.toThrow()
    await storage.close()
  })
})
