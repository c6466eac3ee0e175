import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { type Candidate, candidates, managedClient } from './client-candidates.ts'
import { type CellFigures, type ClientFigures, page, plot, type Samples, verdicts } from './client-report.ts'
import { type Round, round } from './client-round.ts'

// Ours beside what it stands on and what people use: CPU time of the client's process, throughput, latency and heap per request.
// All candidates take turns in one run; medians of the rounds, and of the ratios within each round. --write brings the table and the plot into docs/.
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    requests: { type: 'string', default: '1200' },
    write: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const sizes = [
  { path: '/small', title: '200 B', requests: Number(values.requests) },
  { path: '/large', title: '64 KiB', requests: Number(values.requests) / 4 },
]
const patternCounts = [1, 10, 100, 1_000]

const server = fork(new URL('client-server.ts', import.meta.url), { execArgv: [] })
const [port] = await once(server, 'message')
const origin = `http://127.0.0.1:${port}`
const all = await candidates(origin)
const cells: CellFigures[] = []
for (const size of sizes) {
  const heap = await heapPerRequest(size.path, Math.min(300, size.requests))
  for (const concurrency of [1, 32, 256]) {
    const samples = await interleaved(all, size.path, concurrency, size.requests)
    cells.push({ title: `${size.title}, ${concurrency} at a time`, concurrency, size: size.title, samples, heap })
    console.log(`measured: ${size.title}, ${concurrency} at a time`)
  }
}
const excluding = new Map<string, Candidate>()
for (const count of patternCounts) {
  const client = await managedClient(
    origin,
    Array.from({ length: count }, (_, index) => `/public/${index}/*`),
  )
  excluding.set(String(count), (path) => client.get(path).json())
}
// A difference that should not be there takes more rounds to be told from noise.
const patterns = await interleaved(excluding, '/small', 32, Number(values.requests), 3 * rounds)
server.disconnect()

const result: ClientFigures = {
  machine: `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), the server in a process of its own on loopback`,
  method: `${rounds} rounds of ${sizes.map(({ requests, title }) => `${requests} requests of ${title}`).join(' and ')} for each cell; medians, and for ratios the median of those within each round`,
  cells,
  patterns,
}
const text = page(result)
console.log(text)
for (const { line } of verdicts(result)) console.log(line)
if (values.write) {
  writeFileSync(new URL('../docs/benchmarks.md', import.meta.url), text)
  writeFileSync(new URL('../docs/benchmarks.svg', import.meta.url), plot(result))
}
process.exit(verdicts(result).every(({ holds }) => holds) ? 0 : 1)

async function interleaved(
  measured: ReadonlyMap<string, Candidate>,
  path: string,
  concurrency: number,
  requests: number,
  turns = rounds,
): Promise<Samples> {
  const samples = new Map<string, Round[]>([...measured.keys()].map((name) => [name, []]))
  for (let index = -1; index < turns; index += 1) {
    for (const [name, candidate] of inTurn([...measured], index)) {
      // Nobody pays for the garbage of who came before. A major collection would also throw compiled code away.
      globalThis.gc?.({ type: 'minor' })
      await round(candidate, path, concurrency, Math.ceil(requests / 10))
      const cost = await round(candidate, path, concurrency, requests)
      // Round -1 warms up.
      if (index >= 0) samples.get(name)?.push(cost)
    }
  }
  return samples
}

/**
 * What one leaves in caches and on the heap is paid for by the next, so everybody comes once after everybody else in as many turns as there are
 * candidates, if those are even in number: a balanced Latin square.
 */
function inTurn<T>(candidates: readonly T[], turn: number): readonly T[] {
  const count = candidates.length
  return candidates.map((_, place) => {
    const step = place % 2 === 0 ? -place / 2 : (place + 1) / 2
    return candidates[(turn + step + 2 * count) % count] as T
  })
}

async function heapPerRequest(path: string, requests: number): Promise<ReadonlyMap<string, number>> {
  const execArgv = ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512', '--max-old-space-size=3072']
  const child = fork(new URL('client-heap.ts', import.meta.url), [origin, path, String(requests)], { execArgv })
  const [bytes] = (await once(child, 'message')) as [Record<string, number>]
  return new Map(Object.entries(bytes))
}
