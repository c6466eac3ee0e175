import { expect, test } from 'vitest'
import { Scheduler } from './scheduler.ts'
import { SeededRandom } from './seeded-random.ts'
import { epoch, VirtualClock } from './virtual-clock.ts'

const alive = { alive: true, stalledUntil: Number.NEGATIVE_INFINITY }

function orderOf(seed: number): string {
  const scheduler = new Scheduler(new SeededRandom(seed))
  let order = ''
  for (const name of 'abcdefgh') scheduler.after(5, undefined, () => (order += name))
  scheduler.after(1, undefined, () => (order += '<'))
  scheduler.after(9, undefined, () => (order += '>'))
  void scheduler.run(10, () => false)
  return order
}

test('events happen in time, and within one millisecond in the order of the seed', () => {
  expect(orderOf(1)).toMatch(/^<[a-h]{8}>$/)
  expect(orderOf(1)).toBe(orderOf(1))
  expect(new Set([1, 2, 3, 4, 5].map(orderOf)).size).toBeGreaterThan(3)
})

test('a thousand events come out sorted', async () => {
  const random = new SeededRandom(7)
  const scheduler = new Scheduler(random.fork('order'))
  const times: number[] = []
  for (let count = 0; count < 1_000; count += 1) scheduler.after(random.int(0, 400), undefined, () => times.push(scheduler.now))
  await scheduler.run(400, () => false)
  expect(times).toHaveLength(1_000)
  expect(times).toEqual(times.toSorted((one, other) => one - other))
})

test('all promises settle between two events of a process', async () => {
  const scheduler = new Scheduler(new SeededRandom(1))
  const seen: string[] = []
  scheduler.after(1, alive, () => {
    let chain = Promise.resolve()
    for (let link = 0; link < 50; link += 1) chain = chain.then(() => undefined)
    void chain.then(() => seen.push('settled'))
  })
  scheduler.after(1.5, alive, () => seen.push('next'))
  await scheduler.run(10, () => false)
  expect(seen).toEqual(['settled', 'next'])
})

test('who is dead never goes on, who is stalled goes on later', async () => {
  const scheduler = new Scheduler(new SeededRandom(1))
  const seen: string[] = []
  const mortal = { alive: true, stalledUntil: Number.NEGATIVE_INFINITY }
  const sleeper = { alive: true, stalledUntil: 50 }
  scheduler.after(10, mortal, () => seen.push('dead'))
  scheduler.after(10, sleeper, () => seen.push(`late ${scheduler.now}`))
  scheduler.after(5, undefined, () => {
    mortal.alive = false
  })
  await scheduler.run(100, () => false)
  expect(seen).toEqual(['late 50'])
})

test('a run ends where it is told to, and time stands at its end', async () => {
  const scheduler = new Scheduler(new SeededRandom(1))
  scheduler.after(10, undefined, () => undefined)
  scheduler.after(30, undefined, () => undefined)
  await scheduler.run(20, () => false)
  expect([scheduler.now, scheduler.steps]).toEqual([20, 1])
  await scheduler.run(100, () => true)
  expect([scheduler.now, scheduler.steps]).toEqual([30, 2])
})

test('a wall clock can be wrong and set, a monotonic one cannot', async () => {
  const scheduler = new Scheduler(new SeededRandom(1))
  const clock = new VirtualClock(scheduler, alive, -5_000)
  const before = clock.monotonic()
  expect(clock.now()).toBe(epoch - 5_000)
  clock.offsetMs += 60_000
  await scheduler.run(10, () => false)
  expect(clock.now()).toBe(epoch + 55_010)
  expect(clock.monotonic() - before).toBe(10)
  expect(clock.toTrue(clock.toWall(123))).toBe(123)
})

test('a timer that is cleared does not happen, and none is set past what timers take', async () => {
  const scheduler = new Scheduler(new SeededRandom(1))
  const clock = new VirtualClock(scheduler, alive, 0)
  const seen: string[] = []
  const cleared = clock.setTimeout(() => seen.push('cleared'), 5)
  clock.setTimeout(() => seen.push('kept'), 5)
  clock.clearTimeout(cleared)
  expect(clock.timers.size).toBe(1)
  await scheduler.run(10, () => false)
  expect(seen).toEqual(['kept'])
  expect(clock.timers.size).toBe(0)
  expect(() => clock.setTimeout(() => undefined, 2_147_483_648)).toThrow(RangeError)
  expect(() => clock.setTimeout(() => undefined, Number.NaN)).toThrow(RangeError)
})
