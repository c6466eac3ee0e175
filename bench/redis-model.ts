// Carries the measured costs on to fleets that do not fit on one machine: one Redis, which does one thing after the other.
import { spreadOf } from '../packages/storage-redis/src/notice-spread.ts'
import type { RedisFigures } from './redis-figures.ts'

/** How long the token endpoint takes, in milliseconds. */
const endpointMs = 200
/** How often those who wait look for themselves, in milliseconds. */
const pollMs = 500
/** How long a call to Redis may take before it is given up, in milliseconds. */
export const deadlineMs = 250

/** What a fleet of `processes` sees. */
export interface FleetForecast {
  readonly processes: number
  /** All tokens end at one moment, which is the worst case: until the last one has the new token. */
  readonly allHaveItMs: number
  /** The longest that a claim takes then: all come at once. */
  readonly slowestClaimMs: number
  /** One token is renewed ahead of time, and all others hear of it: the longest that a call takes then. */
  readonly slowestLookMs: number
  /** The same if all looked at the moment when they hear of it. */
  readonly slowestUnspreadMs: number
  /** How busy Redis is while all wait for a token endpoint, if that takes long. */
  readonly pollingLoad: number
}

export function forecast(processes: number, figures: RedisFigures): FleetForecast {
  const { claimUs, readUs, setUs, deliverUs } = figures
  const spreadMs = spreadOf(`1:${processes}`)
  const redis = new RedisQueue()
  // The first gets the lease, the others are told busy.
  const claims = redis.serve(
    Array.from({ length: processes }, () => 0),
    claimUs,
  )
  const committedAt = redis.work(claimUs / 1_000 + endpointMs, setUs)
  const adoptions = redis.tell(committedAt, { listeners: processes, deliverUs, spreadMs, lookUs: claimUs })
  const look = { listeners: processes, deliverUs, lookUs: readUs + claimUs }
  return {
    processes,
    allHaveItMs: adoptions.endAt,
    slowestClaimMs: claims.slowestMs,
    slowestLookMs: new RedisQueue().tell(0, { ...look, spreadMs }).slowestMs,
    slowestUnspreadMs: new RedisQueue().tell(0, { ...look, spreadMs: 0 }).slowestMs,
    pollingLoad: (processes * claimUs) / (pollMs * 1_000),
  }
}

/** A notice, and what its listeners do. */
interface Telling {
  readonly listeners: number
  readonly deliverUs: number
  readonly spreadMs: number
  readonly lookUs: number
}

interface CallTimes {
  /** When the last one is answered. */
  readonly endAt: number
  readonly slowestMs: number
}

/** Does what comes in order of arrival. */
class RedisQueue {
  #freeAtMs = 0

  /** Returns when it is done. */
  work(arrivesAtMs: number, costUs: number): number {
    this.#freeAtMs = Math.max(this.#freeAtMs, arrivesAtMs) + costUs / 1_000
    return this.#freeAtMs
  }

  serve(arrivals: readonly number[], costUs: number): CallTimes {
    const ends = arrivals.map((arrivesAt) => this.work(arrivesAt, costUs))
    const slowestMs = arrivals.reduce((slowest, arrivesAt, index) => Math.max(slowest, (ends[index] ?? 0) - arrivesAt), 0)
    return { endAt: ends.at(-1) ?? 0, slowestMs }
  }

  /** All listeners are written to before anything else is read; each looks when it has heard, or somewhat later. */
  tell(at: number, { listeners, deliverUs, spreadMs, lookUs }: Telling): CallTimes {
    const looksAt = Array.from({ length: listeners }, (_, index) => {
      // As even as chance is in the long run, and in another order than they hear.
      const share = (index * 0.618_034) % 1
      return at + ((index + 1) * deliverUs) / 1_000 + share * spreadMs
    })
    this.work(at, listeners * deliverUs)
    return this.serve(
      looksAt.sort((a, b) => a - b),
      lookUs,
    )
  }
}
