import { HttpClient } from '@requestforge/core'
import { TokenManager } from '@requestforge/oauth'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ManualClock, MockTokenProvider, mockTransport } from '../src/index.ts'

const now = Date.UTC(2030, 0, 1)

describe('ManualClock', () => {
  it('stands still until it is moved', async () => {
    const clock = new ManualClock({ now })
    expect([clock.now(), clock.monotonic()]).toEqual([now, 0])
    await clock.advance(1_500)
    expect([clock.now(), clock.monotonic()]).toEqual([now + 1_500, 1_500])
  })

  it('starts at the present where nothing else is said', () => {
    expect(Math.abs(new ManualClock().now() - Date.now())).toBeLessThan(1_000)
  })

  it('fires each timer at its own time, in the order in which they are due, whatever the order in which they were set', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 12 }), async (delays) => {
        const clock = new ManualClock({ now: 0 })
        const fired: { readonly delay: number; readonly at: number }[] = []
        for (const delay of delays) clock.setTimeout(() => fired.push({ delay, at: clock.now() }), delay)
        await clock.advance(100)
        expect(fired).toEqual([...delays].sort((a, b) => a - b).map((delay) => ({ delay, at: delay })))
        expect(clock.now()).toBe(100)
      }),
      { numRuns: 20 },
    )
  })

  it('lets promises run between two timers, and fires timers that are set on the way', async () => {
    const clock = new ManualClock({ now: 0 })
    const steps: string[] = []
    const work = async () => {
      await clock.sleep(10)
      steps.push(`first at ${clock.now()}`)
      await clock.sleep(10)
      steps.push(`second at ${clock.now()}`)
    }
    void work()
    clock.setTimeout(() => steps.push(`timer at ${clock.now()}`), 15)
    await clock.advance(30)
    expect(steps).toEqual(['first at 10', 'timer at 15', 'second at 20'])
  })

  it('does not fire what was cleared, nor what is due later, and shows what is pending', async () => {
    const clock = new ManualClock()
    const fired = vi.fn()
    clock.clearTimeout(clock.setTimeout(fired, 5))
    clock.setTimeout(fired, 50)
    clock.setTimeout(fired, 20)
    clock.clearTimeout('no timer of this clock')
    await clock.advance(10)
    expect(fired).not.toHaveBeenCalled()
    expect(clock.pendingTimers).toEqual([10, 40])
  })

  it('makes overlapping advances one after the other', async () => {
    const clock = new ManualClock({ now: 0 })
    await Promise.all([clock.advance(10), clock.advance(5)])
    expect(clock.now()).toBe(15)
  })

  it('jumps without its timers noticing', async () => {
    const clock = new ManualClock({ now })
    clock.setTimeout(() => undefined, 10)
    clock.jump(-3_600_000)
    expect([clock.now(), clock.monotonic(), clock.pendingTimers]).toEqual([now - 3_600_000, 0, [10]])
  })

  it('advance rejects with what a timer throws, and can be used on', async () => {
    const clock = new ManualClock({ now: 0 })
    clock.setTimeout(() => {
      throw new Error('from the timer')
    }, 5)
    await expect(clock.advance(10)).rejects.toThrow('from the timer')
    await clock.advance(10)
    expect(clock.now()).toBe(15)
  })

  it('says so at once when a timer sets itself anew for ever', async () => {
    const clock = new ManualClock({ now: 0 })
    const again = () => void clock.setTimeout(again, 0)
    again()
    await expect(clock.advance(1)).rejects.toThrow(/sets itself anew/)
  }, 5_000)

  it('fires any number of timers that wait at once, also of those that were set on the way', async () => {
    const clock = new ManualClock({ now: 0 })
    let fired = 0
    const wait = async () => {
      for (const delayMs of [5, 0, 0]) await clock.sleep(delayMs)
      fired++
    }
    for (let waiter = 0; waiter < 700; waiter++) void wait()
    await clock.advance(5)
    expect(fired).toBe(700)
  })

  it('what is cleared while timers fire does not fire', async () => {
    const clock = new ManualClock({ now: 0 })
    const fired = vi.fn()
    const late = clock.setTimeout(fired, 5)
    clock.setTimeout(() => clock.clearTimeout(late), 4)
    const sameTime: unknown[] = [clock.setTimeout(() => clock.clearTimeout(sameTime[1]), 3)]
    sameTime.push(clock.setTimeout(fired, 3))
    await clock.advance(10)
    expect(fired).not.toHaveBeenCalled()
  })

  it("works under a test runner's fake timers", async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const clock = new ManualClock({ now: 0 })
    const slept = clock.sleep(100)
    await clock.advance(100)
    await slept
  })

  it('names what is wrong', () => {
    expect(() => new ManualClock({ now: Number.NaN })).toThrow(/now must be/)
    expect(() => new ManualClock({ time: 1 } as object)).toThrow(/unknown option `time`/)
    expect(() => new ManualClock().advance(0.5)).toThrow(/did you mean 500/)
    expect(() => new ManualClock().setTimeout(() => undefined, 2 ** 31)).toThrow(RangeError)
  })
})

describe('what takes a clock', () => {
  it('a TokenManager renews when the clock says so', async () => {
    const clock = new ManualClock({ now })
    const provider = new MockTokenProvider({ clock })
    const manager = new TokenManager({ provider, clock, renewAhead: false })
    onTestFinished(() => manager.close())
    expect((await manager.getToken()).accessToken).toBe('mock-token-1')
    await clock.advance(3_500_000)
    expect((await manager.getToken()).accessToken).toBe('mock-token-1')
    await clock.advance(100_000)
    expect((await manager.getToken()).accessToken).toBe('mock-token-2')
  })

  it('an HttpClient times out when the clock says so', async () => {
    const clock = new ManualClock({ now })
    const transport = mockTransport([{ delayMs: 60_000 }], { clock })
    const client = new HttpClient({ baseUrl: 'https://api.example.com', transport, clock, timeoutMs: 5_000 })
    const failed = client.get('/slow').catch((error: unknown) => error)
    await clock.advance(5_000)
    expect(await failed).toMatchObject({ code: 'timeout', timeoutMs: 5_000 })
    expect(clock.pendingTimers).toEqual([])
  })
})
