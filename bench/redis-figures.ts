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
/** Processes of a fleet, each with a connection of its own: what it costs to read and write sockets counts too. */
const processes = 200
const roundsOfAll = 50
const publications = 200

export async function measureRedis(redis: RedisServer): Promise<RedisFigures> {
  await using storage = new RedisTokenStorage({ url: redis.url, keyPrefix: 'figures', timeoutMs: 60_000 })
  const before = await info(redis, 'used_memory')
  const token = {
    accessToken: 'x'.repeat(900),
    refreshToken: 'y'.repeat(300),
    expiresAt: Date.now() + 3_600_000,
    scope: 'read write',
  }
  const setUs = await cpuOf(redis, tokens, (index) => storage.set(`bench:${index}`, token, { keepForMs: 3_600_000 }), batch)
  const bytesPerToken = ((await info(redis, 'used_memory')) - before) / tokens
  await using fleet = new AsyncDisposableStack()
  const members = Array.from({ length: processes }, () =>
    fleet.use(new RedisTokenStorage({ url: redis.url, keyPrefix: 'figures', timeoutMs: 60_000 })),
  )
  const all = (call: (member: RedisTokenStorage) => Promise<unknown>) => () => Promise.all(members.map(call))
  await all((member) => member.get('bench:0'))()
  const claim = all((member) => member.coordinator.claim('bench:0', { newerThan: 0, leaseMs: 1_000 }))
  const claimUs = (await cpuOf(redis, roundsOfAll, claim, 1)) / processes
  const readUs =
    (await cpuOf(
      redis,
      roundsOfAll,
      all((member) => member.get('bench:0')),
      1,
    )) / processes
  return { bytesPerToken, setUs, claimUs, readUs, deliverUs: await measureDelivery(redis) }
}

/** What it takes to tell one listener of one change. */
async function measureDelivery(redis: RedisServer): Promise<number> {
  const clients = await Promise.all(Array.from({ length: processes }, () => redis.connect()))
  await Promise.all(clients.map((client) => client.subscribe('bench', () => undefined)))
  const publisher = await redis.connect()
  const perPublication = await cpuOf(redis, publications, () => publisher.publish('bench', '1'), 1)
  for (const client of [...clients, publisher]) client.destroy()
  return perPublication / processes
}

/** Redis's CPU for one call, in microseconds; so many are made `atOnce`. */
async function cpuOf(
  redis: RedisServer,
  calls: number,
  call: (index: number) => Promise<unknown>,
  atOnce: number,
): Promise<number> {
  const before = await cpu(redis)
  for (let start = 0; start < calls; start += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, calls - start) }, (_, index) => call(start + index)))
  return (((await cpu(redis)) - before) * 1e6) / calls
}

async function cpu(redis: RedisServer): Promise<number> {
  return (await info(redis, 'used_cpu_sys')) + (await info(redis, 'used_cpu_user'))
}

async function info(redis: RedisServer, name: string): Promise<number> {
  return Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(String(await redis.command('INFO')))?.[1])
}
