import { GCProfiler } from 'node:v8'
import { type Candidate, candidates } from './client-candidates.ts'
import { median, round } from './client-round.ts'

// What each request allocates on the heap, in bytes: a child of client.ts. What is collected meanwhile is counted, too.
const [origin = '', path = '/small', requests = '300'] = process.argv.slice(2)
const rounds = 5
const measured = new Map<string, number[]>()
const all = await candidates(origin)
for (let index = -1; index < rounds; index += 1) {
  for (const [name, candidate] of all) {
    const bytes = await bytesPerRequest(candidate)
    // Round -1 warms up.
    if (index >= 0) measured.set(name, [...(measured.get(name) ?? []), bytes])
  }
}
process.send?.(Object.fromEntries([...measured].map(([name, samples]) => [name, median(samples)])))
process.disconnect()
process.exit()

async function bytesPerRequest(candidate: Candidate): Promise<number> {
  const count = Number(requests)
  globalThis.gc?.()
  const profiler = new GCProfiler()
  profiler.start()
  const before = process.memoryUsage().heapUsed
  await round(candidate, path, 32, count)
  const left = process.memoryUsage().heapUsed - before
  const collected = profiler
    .stop()
    .statistics.map(({ beforeGC, afterGC }) => beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize)
  return (left + collected.reduce((sum, bytes) => sum + bytes, 0)) / count
}
