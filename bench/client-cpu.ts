import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Candidate, candidates } from './client-candidates.ts'

// CPU time of the client's process per request; all candidates interleaved in one run, medians of the rounds.
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    requests: { type: 'string', default: '2000' },
    concurrency: { type: 'string', default: '32' },
    path: { type: 'string', default: '/small' },
  },
})
const rounds = Number(values.rounds)
const requests = Number(values.requests)
const concurrency = Number(values.concurrency)

setFlagsFromString('--expose-gc')
const gc: (options: object) => void = runInNewContext('gc')
const server = fork(new URL('client-server.ts', import.meta.url))
const [port] = await once(server, 'message')
const measured = new Map<string, number[]>()
const all = candidates(`http://127.0.0.1:${port}`)

for (let round = -1; round < rounds; round++) {
  for (const [name, candidate] of all) {
    // Nobody pays for the garbage of who came before.
    gc({ type: 'minor' })
    await cpuPerRequest(candidate, requests / 10)
    const cpuUs = await cpuPerRequest(candidate, requests)
    // Round -1 warms up.
    if (round >= 0) measured.set(name, [...(measured.get(name) ?? []), cpuUs])
  }
}
report()
server.disconnect()
process.exit()

async function cpuPerRequest(candidate: Candidate, count: number): Promise<number> {
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) await candidate(values.path)
  }
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: concurrency }, worker))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

function report(): void {
  const base = median(measured.get('global fetch') ?? [])
  const dispatch = median(measured.get('undici dispatch') ?? [])
  console.log(`GET ${values.path}, ${concurrency} at a time, ${rounds} rounds of ${requests}, Node ${process.version}`)
  for (const [name, samples] of measured) {
    const cpuUs = median(samples)
    const ratios = `${(cpuUs / base).toFixed(2)} x fetch  ${(cpuUs / dispatch).toFixed(2)} x dispatch  ${(cpuUs - dispatch).toFixed(1)} µs over dispatch`
    console.log(`${name.padEnd(18)} ${cpuUs.toFixed(1).padStart(7)} µs  (min ${Math.min(...samples).toFixed(1)})  ${ratios}`)
  }
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN
}
