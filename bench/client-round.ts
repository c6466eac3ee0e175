import type { Candidate } from './client-candidates.ts'

/** What one round of one candidate cost. */
export interface Round {
  readonly cpuUs: number
  readonly perSecond: number
  readonly p99Ms: number
}

/** Sends `count` requests, so many at a time. */
export async function round(candidate: Candidate, path: string, concurrency: number, count: number): Promise<Round> {
  const latencies: number[] = []
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const sentAt = performance.now()
      await candidate(path)
      latencies.push(performance.now() - sentAt)
    }
  }
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: concurrency }, worker))
  const elapsedMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpu)
  const sorted = latencies.sort((one, other) => one - other)
  return {
    cpuUs: (user + system) / count,
    perSecond: (count / elapsedMs) * 1_000,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
  }
}

export function median(samples: readonly number[]): number {
  return samples.toSorted((one, other) => one - other)[Math.floor(samples.length / 2)] ?? Number.NaN
}
