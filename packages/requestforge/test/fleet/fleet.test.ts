import { afterAll, beforeAll, describe } from 'vitest'
import { hasRedisServer } from '../../../storage-redis/test/fixtures/redis-server.ts'
import { BundledWorker } from './fixtures/bundled-worker.ts'
import { patienceMs, Stage } from './fixtures/stage.ts'
import { describeOtherRedis } from './other-redis-scenes.ts'
import { describeRedisFaults } from './redis-fault-scenes.ts'
import { describeRenewals } from './renewal-scenes.ts'
import { describeRotation } from './rotation-scenes.ts'

const size = hasRedisServer ? 20 : 0
const worker = await BundledWorker.create()

// One fleet for all scenes, one after the other: processes are what takes the time here.
describe.skipIf(!hasRedisServer)('20 processes with one Redis and one token server', { timeout: 120_000 }, () => {
  const stage = new Stage(size, worker.url)
  beforeAll(async () => {
    await stage.startRedis()
    await stage.open({ patienceMs })
    // What was never run is slow: that is not what is looked at here.
    await stage.get()
  }, 60_000)
  afterAll(async () => {
    await stage[Symbol.asyncDispose]()
    await worker[Symbol.asyncDispose]()
  })

  describeRenewals(stage)
  describeRotation(stage)
  describeOtherRedis(stage)
  describeRedisFaults(stage)
})
