import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../src/clock.ts'
import { type Limited, TimeLimit, TimeLimits } from '../src/time-limit.ts'
import { ManualClock } from './fixtures/manual-clock.ts'

class Work implements Limited {
  since = 0
  earlier: Limited | undefined
  later: Limited | undefined
  expiredAt: number | undefined
  readonly #clock: ManualClock

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  expire(): void {
    this.expiredAt = this.#clock.monotonic()
  }
}

describe('a time limit', () => {
  test('ends each thing at its own time, with one timer for all', async () => {
    const clock = new ManualClock()
    const limit = new TimeLimit(100, clock)
    const works = [new Work(clock), new Work(clock), new Work(clock)] as const
    for (const work of works) {
      limit.start(work)
      await clock.advance(10)
    }
    expect(clock.pendingDelays).toEqual([70])
    await clock.advance(200)
    expect(works.map(({ expiredAt }) => expiredAt)).toEqual([100, 110, 120])
    expect(clock.pendingDelays).toEqual([])
  })

  test('leaves no timer behind when all has ended', () => {
    const clock = new ManualClock()
    const limit = new TimeLimit(100, clock)
    const works = [new Work(clock), new Work(clock)] as const
    for (const work of works) limit.start(work)
    for (const work of works) limit.stop(work)
    expect(clock.pendingDelays).toEqual([])
  })

  test('holds for what is begun by what has just expired', async () => {
    const clock = new ManualClock()
    const limit = new TimeLimit(100, clock)
    const second = new Work(clock)
    class First extends Work {
      override expire(): void {
        super.expire()
        limit.start(second)
      }
    }
    limit.start(new First(clock))
    await clock.advance(250)
    expect(second.expiredAt).toBe(200)
  })

  test('begins anew for what is started again, whatever the timer was set for', async () => {
    const clock = new ManualClock()
    const limit = new TimeLimit(100, clock)
    const [stream, other] = [new Work(clock), new Work(clock)]
    limit.start(stream)
    await clock.advance(30)
    limit.start(other)
    await clock.advance(40)
    limit.stop(stream)
    limit.start(stream)
    limit.stop(other)
    await clock.advance(99)
    expect(stream.expiredAt).toBeUndefined()
    await clock.advance(1)
    expect(stream.expiredAt).toBe(170)
  })

  test('holds where timers are faked and the clock is not, and after they are gone', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    let time = 0
    const clock = { ...systemClock, monotonic: () => time }
    const limit = new TimeLimit(100, clock)
    const works = Array.from({ length: 3 }, () => new Work(new ManualClock()))
    for (const work of works.slice(0, 2)) limit.start(work)
    vi.advanceTimersByTime(100)
    expect(works.map(({ expiredAt }) => expiredAt)).toEqual([0, 0, undefined])
    limit.start(new Work(new ManualClock()))
    vi.useRealTimers()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    time = 500
    const [, , last] = works
    if (last !== undefined) limit.start(last)
    vi.advanceTimersByTime(100)
    expect(last?.expiredAt).toBe(0)
  })

  test('holds for whatever is started, stopped and stopped again in whatever order', async () => {
    const steps = fc.array(fc.record({ what: fc.constantFrom('start', 'stop'), index: fc.nat(5), thenMs: fc.nat(60) }), {
      maxLength: 40,
    })
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const clock = new ManualClock()
        const limit = new TimeLimit(100, clock)
        const works = Array.from({ length: 6 }, () => new Work(clock))
        const due = new Map<Work, number>()
        for (const { what, index, thenMs } of all) {
          const work = works[index] ?? new Work(clock)
          const isRunning = due.has(work)
          if (what === 'start' && !isRunning) {
            work.expiredAt = undefined
            limit.start(work)
            due.set(work, clock.monotonic() + 100)
          } else if (what === 'stop') {
            limit.stop(work)
            due.delete(work)
          }
          await clock.advance(thenMs)
          for (const [running, at] of due) {
            expect(running.expiredAt).toBe(at <= clock.monotonic() ? at : undefined)
            if (running.expiredAt !== undefined) due.delete(running)
          }
        }
        await clock.advance(100)
        for (const [running, at] of due) expect(running.expiredAt).toBe(at)
        expect(clock.pendingDelays).toEqual([])
      }),
      { numRuns: 1_000 },
    )
  })

  test('is one for each length of time, and none for 0', () => {
    const limits = new TimeLimits(new ManualClock())
    expect(limits.of(5)).toBe(limits.of(5))
    expect(limits.of(6)).not.toBe(limits.of(5))
    expect(limits.of(0)).toBeUndefined()
  })
})
