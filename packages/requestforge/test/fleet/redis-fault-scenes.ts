import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { RedisServer } from '../../../storage-redis/test/fixtures/redis-server.ts'
import type { Stage } from './fixtures/stage.ts'

/** What happens to Redis, and how it comes back. */
type Fault = readonly [string, (redis: RedisServer) => unknown, (redis: RedisServer) => unknown]

const lastingFaults: readonly Fault[] = [
  ['is killed', (redis) => redis.kill(), (redis) => redis.start()],
  [
    'is out of memory',
    (redis) => redis.command('CONFIG', 'SET', 'maxmemory', '1'),
    (redis) => redis.command('CONFIG', 'SET', 'maxmemory', '0'),
  ],
  [
    'is a read-only replica',
    (redis) => redis.command('REPLICAOF', '127.0.0.1', '1'),
    (redis) => redis.command('REPLICAOF', 'NO', 'ONE'),
  ],
]

const faults: readonly Fault[] = [
  ...lastingFaults,
  ['hangs', (redis) => redis.freeze(), (redis) => redis.thaw()],
  ['is flushed', (redis) => redis.flush(), () => undefined],
  ['is restarted empty', (redis) => redis.restart(), () => undefined],
]

/** For a little more than as long as a Redis that failed is left alone, in milliseconds. */
const leftAloneMs = 1_050

/** A Redis that is away costs a moment, never an answer. */
export function describeRedisFaults(stage: Stage): void {
  it.each(faults)(
    'are all served when Redis %s at the moment of expiry, by one request each at most, and share again after its return',
    async (_name, harm, heal) => {
      await stage.startRedis()
      await stage.open()
      stage.oauth.failNext({ tokenResponse: { expires_in: 1 } })
      expect(await stage.get()).toMatchObject({ requests: 1, errors: [] })
      await sleep(1_000)
      await harm(stage.redis)
      const served = await stage.get()
      expect(served.errors).toEqual([])
      expect(served.requests).toBeLessThanOrEqual(stage.size)
      expect(served.slowestMs).toBeLessThan(2_000)

      await heal(stage.redis)
      // What could not be written is written, and the others hear of it.
      await sleep(3_000)
      const settled = await stage.get()
      expect(settled).toMatchObject({ requests: 0, tokens: [expect.any(String)], errors: [] })
      stage.oauth.revoke()
      const storm = await stage.storm(settled.tokens[0] ?? '')
      expect(storm).toMatchObject({ requests: 1, tokens: [expect.any(String)], errors: [] })
    },
  )

  it.each(lastingFaults)('are told once that Redis %s, not with every request', async (_name, harm) => {
    await stage.startRedis()
    await stage.open()
    await stage.get()
    await harm(stage.redis)
    for (let round = 0; round < 3; round++) {
      // Then it is not left alone any more, but asked again.
      if (round > 0) await sleep(leftAloneMs)
      const renewed = await stage.fleet.do({ do: 'refresh' })
      expect(renewed).toMatchObject({ errors: [], storageFailures: stage.fleet.processes.map(() => 1) })
    }
  })

  it('ask nobody while the token is good, whatever becomes of Redis', async () => {
    await stage.startRedis()
    await stage.open()
    const { tokens } = await stage.get()
    stage.redis.freeze()
    expect(await stage.get()).toMatchObject({ requests: 0, tokens, errors: [] })
    await stage.redis.kill()
    const served = await stage.get()
    expect(served).toMatchObject({ requests: 0, tokens, errors: [] })
    expect(served.slowestMs).toBeLessThan(100)
  })
}
