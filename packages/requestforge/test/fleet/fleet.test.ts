import { afterAll, beforeAll, describe } from 'vitest'
import { hasRedisServer } from '../../../storage-redis/test/fixtures/redis-server.ts'
import { Stage } from './fixtures/stage.ts'
import { describeRedisFaults } from './redis-fault-scenes.ts'
import { describeRenewals } from './renewal-scenes.ts'

const size = hasRedisServer ? 20 : 0

// One fleet for all scenes, one after the other: processes are what takes the time here.
describe.skipIf(!hasRedisServer)('20 processes with one Redis and one token server', { timeout: 60_000 }, () => {
  const stage = new Stage(size)
  beforeAll(() => stage.startRedis())
  afterAll(() => stage[Symbol.asyncDispose]())

  describeRenewals(stage)
  describeRedisFaults(stage)
})
