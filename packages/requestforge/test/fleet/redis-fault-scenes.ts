import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { RedisServer } from '../../../storage-redis/test/fixtures/redis-server.ts'
import { type Counted, patienceMs, type Stage } from './fixtures/stage.ts'

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

/** For how long a Redis that will be harmed is waited for: before that a busy machine must not be taken for a fault. In milliseconds. */
const briefPatienceMs = 1_000

/** For a little more than as long as a Redis that failed is left alone, in milliseconds. */
const leftAloneMs = 1_050

/** A Redis that is away costs a moment, never an answer. */
export function describeRedisFaults(stage: Stage): void {
  it.each(faults)(
    'are all served when Redis %s at the moment of expiry, by one request each at most, and share again after its return',
    (_name, harm, heal) =>
      stage.play(async () => {
        await stage.startRedis()
        await stage.open({ patienceMs: briefPatienceMs })
        stage.oauth.failNext({ tokenResponse: { expires_in: 3 } })
        expect(await stage.get()).toMatchObject({ requests: 1, errors: [] })
        // A tenth of its time before its end a token counts as expired.
        await sleep(2_750)
        await harm(stage.redis)
        const served = await stage.get()
        expect(served.errors).toEqual([])
        expect(served.requests).toBeLessThanOrEqual(stage.size)
        expect(served.slowestMs).toBeLessThan(5_000)

        await heal(stage.redis)
        // What could not be written is written, and the others hear of it.
        await sleep(3_000)
        const settled = await settledAnswer(stage)
        expect(settled).toMatchObject({ requests: 0, tokens: [expect.any(String)], errors: [] })
        stage.oauth.revoke()
        const storm = await stage.storm(settled.tokens[0] ?? '')
        expect(storm).toMatchObject({ requests: 1, tokens: [expect.any(String)], errors: [] })
      }),
  )

  it.each(lastingFaults)('are told once that Redis %s, not with every request', (_name, harm) =>
    stage.play(async () => {
      await stage.startRedis()
      await stage.open({ patienceMs: briefPatienceMs })
      await stage.get()
      await harm(stage.redis)
      for (let round = 0; round < 3; round++) {
        // Then it is not left alone any more, but asked again.
        if (round > 0) await sleep(leftAloneMs)
        const renewed = await stage.fleet.do({ do: 'refresh' })
        expect(renewed).toMatchObject({ errors: [], storageFailures: stage.fleet.processes.map(() => 1) })
      }
    }),
  )

  it('ask nobody while the token is good, whatever becomes of Redis', async () => {
    await stage.startRedis()
    await stage.open({ patienceMs })
    const { tokens } = await stage.get()
    stage.redis.freeze()
    const whileItHangs = await stage.get()
    await stage.redis.kill()
    for (const served of [whileItHangs, await stage.get()]) {
      expect(served).toMatchObject({ requests: 0, tokens, errors: [] })
      expect(served.slowestMs).toBeLessThan(patienceMs / 2)
    }
  })
}

/** What they are answered when all hold the same token, or after 10 s do not yet. */
async function settledAnswer(stage: Stage): Promise<Counted> {
  const until = performance.now() + 10_000
  for (;;) {
    const answer = await stage.get()
    if ((answer.requests === 0 && answer.tokens.length === 1) || performance.now() > until) return answer
    await sleep(100)
  }
}
