import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { eventually } from '../../../storage-redis/test/fixtures/open-storage.ts'
import { patienceMs, type Stage } from './fixtures/stage.ts'

const oneToken = { tokens: [expect.any(String)], errors: [] }

/** One token request for each renewal, whatever the reason. */
export function describeRenewals(stage: Stage): void {
  it.each([1, 2, 3, 4, 5])('make one token request at a cold start, at an expiry and in a storm of 401s (round %i)', () =>
    stage.play(async () => {
      await stage.open({ patienceMs })
      stage.oauth.failNext({ tokenResponse: { expires_in: 3 }, delayMs: 200 })
      const cold = await stage.get()
      expect(cold).toMatchObject({ requests: 1, ...oneToken })

      // A tenth of its time before its end a token counts as expired.
      await sleep(2_750)
      stage.oauth.failNext({ delayMs: 200 })
      const expired = await stage.get()
      expect(expired).toMatchObject({ requests: 1, ...oneToken })

      const [rejected = ''] = expired.tokens
      expect(cold.tokens).not.toContain(rejected)
      stage.oauth.revoke(rejected)
      stage.oauth.failNext({ delayMs: 100 })
      const storm = await stage.storm(rejected)
      expect(storm).toMatchObject({ requests: 1, ...oneToken })
      expect(storm.tokens).not.toContain(rejected)
      expect(await stage.storm(rejected)).toMatchObject({ requests: 0, tokens: storm.tokens, errors: [] })
    }),
  )

  it('hear in less than a second that one of them has renewed the token, or invalidated it', () =>
    stage.play(async () => {
      await stage.open({ patienceMs })
      const delaysMs: number[] = []
      for (let round = 0; round < 5; round++) {
        // Only who holds a token has to hear of a change.
        expect(await stage.get()).toMatchObject(oneToken)
        for (const action of ['refresh', 'invalidate'] as const) delaysMs.push(...(await hearingDelays(stage, action)))
      }
      expect(delaysMs).toHaveLength(10 * (stage.size - 1))
      expect(medianOf(delaysMs)).toBeLessThan(1_000)
    }))

  it('wait for a token endpoint that takes 3 s, and ask it once', () =>
    stage.play(async () => {
      await stage.open({ patienceMs })
      stage.oauth.failNext({ delayMs: 3_000 })
      const waited = await stage.get()
      expect(waited).toMatchObject({ requests: 1, ...oneToken })
      expect(waited.slowestMs).toBeLessThan(8_000)
    }))

  it('share the error of a token endpoint that is down: one request, and all are answered at once', () =>
    stage.play(async () => {
      await stage.open({ patienceMs })
      stage.oauth.failNext({ status: 503, retryAfter: 30, times: stage.size })
      const refused = await stage.get()
      expect(refused).toMatchObject({ requests: 1, tokens: [] })
      expect(refused.errors).toHaveLength(stage.callers)
      expect(refused.slowestMs).toBeLessThan(5_000)
    }))

  it('are served in time, by one more request, when the one that asks is killed', () =>
    stage.play(async () => {
      await stage.open({ patienceMs })
      stage.oauth.failNext({ connection: 'hang-before' })
      const victim = stage.hire()
      await victim.do({ do: 'open', site: stage.site })
      const served = await stage.count(async () => {
        void victim.do({ do: 'get', callers: 1 })
        await eventually(() => stage.oauth.requests.length === 1)
        await victim.kill()
        return stage.fleet.do({ do: 'get', callers: 5 })
      })
      expect(served).toMatchObject({ requests: 2, ...oneToken })
      expect(served.slowestMs).toBeLessThan(5_000)
    }))
}

/** How long after one process has done something the others have heard of it, each without asking, in milliseconds. */
async function hearingDelays(stage: Stage, action: 'refresh' | 'invalidate'): Promise<number[]> {
  const [first, ...others] = stage.fleet.processes
  const startedAt = Date.now()
  const done = await first?.do({ do: action })
  const delaysMs: number[] = []
  await eventually(async () => {
    const reports = await Promise.all(others.map((each) => each.do({ do: 'get', callers: 0 })))
    if (reports.some(({ heardAt }) => heardAt < startedAt)) return false
    delaysMs.push(...reports.map(({ heardAt }) => heardAt - (done?.endedAt ?? Number.NaN)))
    return true
  })
  return delaysMs
}

function medianOf(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
