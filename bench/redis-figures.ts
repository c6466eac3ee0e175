// What one Redis needs, measured on its own clocks.
import { RedisTokenStorage } from '../packages/storage-redis/src/index.ts'
import type { RedisServer } from '../packages/storage-redis/test/fixtures/redis-server.ts'

/** Costs of one Redis, in microseconds of its CPU and bytes of its memory. */
export interface RedisFigures {
  readonly bytesPerToken: number
  readonly setUs: number
  readonly claimUs: number
  readonly readUs: number
  readonly deliverUs: number
}

const tokens = 100_000
const batch = 500
const subscribers = 200
const publications = 500

export async function measureRedis(redis: RedisServer): Promise<RedisFigures> {
  await using storage = new RedisTokenStorage({ url: redis.url, keyPrefix: 'figures', timeoutMs: 60_000 })
  const before = await info(redis, 'used_memory')
  const token = {
    accessToken: 'x'.repeat(900),
    refreshToken: 'y'.repeat(300),
    expiresAt: Date.now() + 3_600_000,
    scope: 'read write',
  }
  const setUs = await cpuOf(redis, tokens, (index) => storage.set(`bench:${index}`, token, { keepForMs: 3_600_000 }))
  const bytesPerToken = ((await info(redis, 'used_memory')) - before) / tokens
  const claim = (index: number) => storage.coordinator.claim(`bench:${index}`, { newerThan: 0, leaseMs: 1_000 })
  const claimUs = await cpuOf(redis, tokens, claim)
  const readUs = await cpuOf(redis, tokens, (index) => storage.get(`bench:${index}`))
  return { bytesPerToken, setUs, claimUs, readUs, deliverUs: await measureDelivery(redis) }
}

/** What it takes to tell one listener of one change. */
async function measureDelivery(redis: RedisServer): Promise<number> {
  const clients = await Promise.all(Array.from({ length: subscribers }, () => redis.connect()))
  await Promise.all(clients.map((client) => client.subscribe('bench', () => undefined)))
  const publisher = await redis.connect()
  const perPublication = await cpuOf(redis, publications, () => publisher.publish('bench', '1'))
  for (const client of [...clients, publisher]) client.destroy()
  return perPublication / subscribers
}

/** Redis's CPU for one call, in microseconds. */
async function cpuOf(redis: RedisServer, calls: number, call: (index: number) => Promise<unknown>): Promise<number> {
  const before = await cpu(redis)
  for (let start = 0; start < calls; start += batch)
    await Promise.all(Array.from({ length: Math.min(batch, calls - start) }, (_, index) => call(start + index)))
  return (((await cpu(redis)) - before) * 1e6) / calls
}

async function cpu(redis: RedisServer): Promise<number> {
  return (await info(redis, 'used_cpu_sys')) + (await info(redis, 'used_cpu_user'))
}

async function info(redis: RedisServer, name: string): Promise<number> {
  return Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(String(await redis.command('INFO')))?.[1])
}
