// Carries the measured costs on to fleets that do not fit on one machine: one Redis, which does one thing after the other.
import type { RedisFigures } from './redis-figures.ts'

/** How long the token endpoint takes, in milliseconds. */
const endpointMs = 200
/** How often those who wait look for themselves, in milliseconds. */
const pollMs = 500

/** What a fleet of `processes` sees when all of its tokens end at one moment, which is the worst case. */
export interface FleetForecast {
  readonly processes: number
  /** Until the last one has the token. */
  readonly allHaveItMs: number
  /** How busy Redis is while they wait, if that takes long. */
  readonly pollingLoad: number
  /** How much of an hour Redis works for one renewal ahead of time, as a due token is. */
  readonly dueWorkMs: number
}

export function forecast(processes: number, { claimUs, readUs, setUs, deliverUs }: RedisFigures): FleetForecast {
  const queue = new RedisQueue()
  // All claim at once: the first gets the lease, the others are told busy.
  for (let index = 0; index < processes; index++) queue.work(0, claimUs)
  const committedAt = queue.work(claimUs / 1_000 + endpointMs, setUs + processes * deliverUs)
  // Those whose poll comes before the notice look in vain.
  for (let pollAt = pollMs; pollAt < committedAt; pollAt += pollMs) queue.work(pollAt, processes * claimUs)
  let last = committedAt
  for (let index = 1; index < processes; index++) last = queue.work(committedAt, claimUs)
  const dueWorkUs = processes * (deliverUs + readUs + claimUs)
  return { processes, allHaveItMs: last, pollingLoad: (processes * claimUs) / (pollMs * 1_000), dueWorkMs: dueWorkUs / 1_000 }
}

/** Does what comes in order of arrival. */
class RedisQueue {
  #freeAtMs = 0

  /** Returns when it is done. */
  work(arrivesAtMs: number, costUs: number): number {
    this.#freeAtMs = Math.max(this.#freeAtMs, arrivesAtMs) + costUs / 1_000
    return this.#freeAtMs
  }
}
