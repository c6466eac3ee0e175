// What a keyed manager holds for each token, and what getToken() costs, from 10 to 1,000,000 subjects; a plain Map of the same size beside it,
// whose lookups get slower too once it no longer fits into the processor's caches.
// node --expose-gc --max-old-space-size=4096 bench/token-keys.ts
import { KeyedTokenManager, type TokenProvider } from '../packages/oauth/src/index.ts'

const sizes = [10, 1_000, 100_000, 1_000_000]
const calls = 200_000
const rounds = 5
/** As long as a small opaque token: what is published is the rest. */
const accessToken = 'opaque-token'

const provider: TokenProvider = {
  serviceName: 'bench',
  identity: 'bench',
  fetchToken: async () => ({ accessToken, expiresAt: Date.now() + 3_600_000 }),
}

function heapBytes(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** The order in which subjects are asked for: spread over all of them, the same for everybody. */
function* spread(size: number): Generator<number> {
  for (let call = 0; call < calls; call += 1) yield (call * 7_919) % size
}

interface Row {
  readonly size: number
  readonly bytes: number
  readonly getNs: number
  readonly forNs: number
  readonly mapNs: number
}

async function measure(size: number): Promise<Row> {
  const subjects = Array.from({ length: size }, (_, index) => `subject-${index}`)
  const plain = new Map(subjects.map((subject) => [subject, { subject }]))
  const before = heapBytes()
  const tokens = new KeyedTokenManager({ provider: () => provider, maxEntries: 2_000_000 })
  for (const subject of subjects) await tokens.for(subject).getToken()
  const bytes = (heapBytes() - before) / size
  const asked = [...spread(size)].map((index) => subjects[index] ?? '')
  const handles = [...spread(Math.min(size, 1_000))].map((index) => tokens.for(subjects[index] ?? ''))
  const times: Record<'get' | 'for' | 'map', number[]> = { get: [], for: [], map: [] }
  let sink: unknown
  for (let round = 0; round < rounds; round += 1) {
    let startedAt = performance.now()
    for (const handle of handles) sink = await handle.getToken()
    times.get.push(performance.now() - startedAt)
    startedAt = performance.now()
    for (const subject of asked) sink = await tokens.for(subject).getToken()
    times.for.push(performance.now() - startedAt)
    startedAt = performance.now()
    for (const subject of asked) sink = await plain.get(subject)
    times.map.push(performance.now() - startedAt)
  }
  void sink
  await tokens.close()
  const perCall = (values: readonly number[]): number => (median(values) / calls) * 1e6
  return { size, bytes, getNs: perCall(times.get), forNs: perCall(times.for), mapNs: perCall(times.map) }
}

console.log('   subjects  bytes each  handle.getToken()  for(subject).getToken()  await map.get(subject)')
// Compiled code and first allocations are not the tokens'.
await measure(1_000)
const rows: Row[] = []
for (const size of sizes) {
  const row = await measure(size)
  rows.push(row)
  const { bytes, getNs, forNs, mapNs } = row
  const columns = [size, bytes.toFixed(0), `${getNs.toFixed(0)} ns`, `${forNs.toFixed(0)} ns`, `${mapNs.toFixed(0)} ns`]
  console.log(columns.map((column, index) => String(column).padStart([11, 12, 19, 25, 24][index] ?? 0)).join(''))
}
const [first] = rows
const last = rows.at(-1)
// Flat: the manager adds nothing that grows; what the Map's own lookups lose to the caches is the machine's.
const growth = first === undefined || last === undefined ? Number.NaN : last.getNs / first.getNs
const holds = growth < 1.5
console.log(
  `getToken() of a handle with 1,000,000 subjects is ${growth.toFixed(2)} x that with 10; expected below 1.5: ${holds ? 'holds' : 'DOES NOT HOLD'}`,
)
process.exitCode = holds ? 0 : 1
