import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AnyRedisClient } from '../src/redis-client.ts'
import { Subscriptions } from '../src/subscriptions.ts'
import { eventually, openStorage } from './fixtures/open-storage.ts'
import { hasRedisServer, startRedisServer } from './fixtures/redis-server.ts'

/** A client whose notices are given by hand. */
async function listen(random: number, refusals = 0) {
  let refused = 0
  const receivers: ((notice: string) => unknown)[] = []
  const client: AnyRedisClient = {
    isOpen: true,
    connect: async () => undefined,
    subscribe: async (_channel: string, receive: (notice: string, channel: string) => unknown) => {
      if (refused === refusals) receivers.push((notice) => receive(notice, 'k'))
      else throw new Error(`refused ${++refused} times`)
    },
    unsubscribe: async () => undefined,
    sendCommand: async () => undefined,
    on: () => undefined,
    off: () => undefined,
  }
  const told: unknown[] = []
  const subscriptions = new Subscriptions(
    async () => client,
    (error) => told.push(error),
    () => random,
  )
  let looks = 0
  subscriptions.add('k', () => looks++)
  await vi.advanceTimersByTimeAsync(0)
  return {
    subscriptions,
    told,
    notify: (notice: string) => {
      for (const receive of receivers) receive(notice)
    },
    after: async (ms: number) => {
      await vi.advanceTimersByTimeAsync(ms)
      return looks
    },
  }
}

describe('a notice', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it.each(['1:0', '1:100', '1', '', 'x:10000', '1:-5', '1:1e9'])(
    'that few got, or that says nothing of them, is looked at at once: "%s"',
    async (notice) => {
      const { notify, after } = await listen(0.99)
      notify(notice)
      expect(await after(0)).toBe(1)
    },
  )

  it('that ten thousand got is looked at within half a second, each at a time of his own', async () => {
    const [early, late] = [await listen(0.1), await listen(0.9)]
    for (const { notify } of [early, late]) notify('1:10000')
    expect([await early.after(49), await early.after(2)]).toEqual([0, 1])
    expect([await late.after(390), await late.after(10)]).toEqual([0, 1])
  })

  it('that more got than any fleet has is looked at within two seconds', async () => {
    const { notify, after } = await listen(0.999)
    notify(`1:${'9'.repeat(400)}`)
    expect(await after(2_000)).toBe(1)
  })

  it('that comes during the wait after another is looked at together with it', async () => {
    const { notify, after } = await listen(0.5)
    notify('1:10000')
    notify('2:10000')
    expect(await after(1_000)).toBe(1)
    notify('3:10000')
    expect(await after(1_000)).toBe(2)
  })

  it('is not looked at any more after close()', async () => {
    const { subscriptions, notify, after } = await listen(0.5)
    notify('1:10000')
    subscriptions.close()
    expect(await after(1_000)).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a subscription that is refused', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is told once, made again after a pause that doubles, and whoever listens looks when it stands', async () => {
    const { after, told } = await listen(0.5, 3)
    expect(await after(1_000 + 2_000 + 3_999)).toBe(0)
    expect(await after(1)).toBe(1)
    expect(await after(600_000)).toBe(1)
    expect(told).toHaveLength(1)
  })

  it('is not made again after close()', async () => {
    const { after, subscriptions } = await listen(0.5, 3)
    subscriptions.close()
    expect(await after(600_000)).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([0, 99])('is not made where somebody comes after close(), though %i would be refused', async (refusals) => {
    const { subscriptions, notify } = await listen(0.5, refusals)
    subscriptions.close()
    let looks = 0
    subscriptions.add('k', () => looks++)
    await vi.advanceTimersByTimeAsync(600_000)
    notify('1:0')
    await vi.advanceTimersByTimeAsync(0)
    expect([looks, vi.getTimerCount()]).toEqual([0, 0])
  })
})

describe.skipIf(!hasRedisServer)('a notice by Redis', () => {
  it('says its version, and how many heard the one before', async () => {
    await using redis = await startRedisServer()
    await using open = openStorage({ url: redis.url })
    const listeners = await Promise.all([redis.connect(), redis.connect()])
    const heard: string[] = []
    for (const each of listeners) await each.subscribe('requestforge:{k}', (notice) => heard.push(notice))
    await open.storage.set('k', { accessToken: 'a' })
    await open.storage.set('k', { accessToken: 'b' })
    await open.storage.delete('k')
    await eventually(() => heard.length === 6)
    const [first = 0] = heard.map((notice) => Number(notice.split(':')[0]))
    expect([...new Set(heard)]).toEqual([`${first}:0`, `${first + 1}:2`, `${first + 2}:2`])
    for (const each of listeners) each.destroy()
  })
})
