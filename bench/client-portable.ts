import { HttpClient } from '../packages/core/src/http-client.ts'
import { TokenManager } from '../packages/oauth/src/index.ts'
import type { Candidate } from './client-candidates.ts'
import { median, round } from './client-round.ts'

// Ours beside the platform's own fetch, on whatever runtime this is started: a child of client-runtimes.ts. Prints one ratio.
const [origin = ''] = process.argv.slice(2)
const rounds = 21
const requests = 2_500
const token = `eyJ${'a'.repeat(737)}`
const headers = { authorization: `Bearer ${token}` }
const fetchToken = async () => ({ accessToken: token, expiresAt: Date.now() + 86_400_000 })
const tokenManager = new TokenManager({ provider: { serviceName: 'bench', fetchToken } })
const client = new HttpClient({ baseUrl: origin, tokenAuth: { tokenManager } })
const ours: Candidate = (path) => client.get(path).json()
const platform: Candidate = async (path) => (await fetch(origin + path, { headers })).json()

const ratios: number[] = []
for (let index = -4; index < rounds; index += 1) {
  const mine = await round(ours, '/small', 32, requests)
  const theirs = await round(platform, '/small', 32, requests)
  // Negative rounds warm up.
  if (index >= 0) ratios.push(mine.cpuUs / theirs.cpuUs)
}
const ratio = median(ratios)
const holds = ratio <= 1.25
console.log(
  `${ratio.toFixed(2)} of the platform's fetch, expected at most 1.25: ${holds ? 'holds' : 'DOES NOT HOLD'} (${rounds} rounds of ${requests}, 200 B, 32 at a time, CPU time)`,
)
process.exit(holds ? 0 : 1)
