import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RedisCalls } from '../src/redis-calls.ts'
import type { AnyRedisClient } from '../src/redis-client.ts'
import { readScript, settlingMs } from '../src/redis-scripts.ts'
import { StorageEvents } from '../src/storage-events.ts'

/** Calls to a Redis that hangs when it is told to. */
async function start() {
  let hangs = false
  const client: AnyRedisClient = {
    isOpen: true,
    connect: async () => undefined,
    subscribe: async () => undefined,
    unsubscribe: async () => undefined,
    sendCommand: () => (hangs ? new Promise(() => undefined) : Promise.resolve('an answer')),
    on: () => undefined,
    off: () => undefined,
  }
  const calls = new RedisCalls(client, new StorageEvents(), 250)
  const call = (): Promise<unknown> => calls.run({ script: readScript, key: 'k', args: [] })
  await call()
  return {
    calls,
    /** Hangs for so long, answers again, and then time goes by. */
    hang: async (forMs: number, thenMs: number): Promise<void> => {
      hangs = true
      const refused = expect(call()).rejects.toThrow('redis did not answer')
      await vi.advanceTimersByTimeAsync(forMs)
      await refused
      hangs = false
      await call()
      await vi.advanceTimersByTimeAsync(thenMs)
    },
  }
}

describe('a Redis that has hung', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('is back from when it answers again, each time', async () => {
    const { calls, hang } = await start()
    expect(calls.backForMs).toBeUndefined()
    for (const forMs of [1_250, 1_250, 60_000, 1_250]) {
      await hang(forMs, 2_000)
      expect(calls.backForMs).toBe(2_000)
    }
  })

  it.each([2_000, 3_500])(
    'is taken for settled now and then even if it hangs again after %i ms: nobody waits for ever',
    async (afterMs) => {
      const { calls, hang } = await start()
      let settled = 0
      for (let round = 0; round < 40; round++) {
        await hang(1_250, afterMs)
        if ((calls.backForMs ?? 0) > settlingMs) settled += 1
      }
      expect(settled).toBeGreaterThan(3)
      expect(settled).toBeLessThan(15)
      await hang(60_000, 2_000)
      expect(calls.backForMs).toBe(2_000)
    },
  )
})
