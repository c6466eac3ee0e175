// What getToken() and peekToken() cost on a fresh token, beside an async function that returns a constant: same run, interleaved rounds.
// node --expose-gc bench/token-cost.ts
import { TokenManager, type TokenProvider } from '../packages/oauth/src/index.ts'

const provider: TokenProvider = {
  serviceName: 'bench',
  fetchToken: async () => ({ accessToken: 'x'.repeat(740), expiresAt: Date.now() + 3_600_000 }),
}
const manager = new TokenManager({ provider })
const token = await manager.getToken()
const rounds = 21
const callsPerRound = 300_000

async function constant(): Promise<unknown> {
  return token
}

const candidates: Readonly<Record<string, () => Promise<number>>> = {
  async 'async constant'() {
    const startedAt = performance.now()
    for (let call = 0; call < callsPerRound; call += 1) await constant()
    return performance.now() - startedAt
  },
  async 'getToken()'() {
    const startedAt = performance.now()
    for (let call = 0; call < callsPerRound; call += 1) await manager.getToken()
    return performance.now() - startedAt
  },
  async 'peekToken()'() {
    const startedAt = performance.now()
    for (let call = 0; call < callsPerRound; call += 1) manager.peekToken()
    return performance.now() - startedAt
  },
}

const nanoseconds = new Map<string, number[]>()
for (let round = 0; round < rounds; round += 1) {
  for (const [name, run] of Object.entries(candidates)) {
    nanoseconds.set(name, [...(nanoseconds.get(name) ?? []), ((await run()) / callsPerRound) * 1e6])
  }
}

function median(name: string): number {
  const sorted = [...(nanoseconds.get(name) ?? [])].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

async function bytesPerCall(): Promise<number> {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let call = 0; call < 20_000; call += 1) void manager.getToken()
  return (process.memoryUsage().heapUsed - before) / 20_000
}

for (const name of Object.keys(candidates)) console.log(`${name.padEnd(16)} ${median(name).toFixed(0).padStart(5)} ns`)
if (globalThis.gc !== undefined)
  console.log(
    `allocated        ${Math.max(0, await bytesPerCall())
      .toFixed(1)
      .padStart(5)} bytes per getToken()`,
  )
const ratio = median('getToken()') / median('async constant')
const holds = ratio <= 1.5
console.log(`getToken() is ${ratio.toFixed(2)} x the async constant; expected at most 1.5: ${holds ? 'holds' : 'DOES NOT HOLD'}`)
await manager.close()
process.exitCode = holds ? 0 : 1
