// What a fleet on one Redis costs: token requests, time and round trips with 1 to 50 processes, beside simpler designs on the same run;
// getToken() with and without Redis; what Redis needs for 100,000 tokens; and a forecast on these figures. Needs redis-server.
// npm run bench -- redis-fleet [--write]: with --write what it says goes into docs/redis-figures.md, too.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { TokenManager } from '../packages/oauth/src/index.ts'
import { FleetProcess, type FleetReport, summed } from '../packages/requestforge/test/fleet/fixtures/fleet.ts'
import type { Command } from '../packages/requestforge/test/fleet/fixtures/messages.ts'
import { RedisTokenStorage } from '../packages/storage-redis/src/index.ts'
import { type RedisServer, startRedisServer } from '../packages/storage-redis/test/fixtures/redis-server.ts'
import { startOAuthServer } from '../packages/testing/src/index.ts'
import { measureRedis } from './redis-figures.ts'
import type { BenchCommand, Design } from './redis-fleet-worker.ts'
import { deadlineMs, type FleetForecast, forecast } from './redis-model.ts'

const sizes = [1, 5, 20, 50]
const designs: readonly Design[] = ['naive', 'one flight in each process', 'ours']
const callers = 5
const rounds = 3
const endpointMs = 200
const failures: string[] = []
const said: string[] = []

function say(line: string): void {
  console.log(line)
  said.push(line)
}

/** One renewal of a cold fleet. */
interface Renewal {
  readonly requests: number
  readonly elapsedMs: number
  readonly roundTrips: number
}

function expectThat(holds: boolean, what: string): void {
  if (!holds) failures.push(what)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Scripts and subscriptions: what goes over the wire once for each call. */
async function roundTrips(redis: RedisServer): Promise<number> {
  const stats = String(await redis.command('INFO', 'commandstats'))
  const calls = [...stats.matchAll(/^cmdstat_(?:evalsha|eval|subscribe|unsubscribe):calls=(\d+)/gm)]
  return calls.reduce((sum, [, count]) => sum + Number(count), 0)
}

async function tell(processes: readonly FleetProcess[], command: BenchCommand): Promise<FleetReport> {
  const reports = processes.map((process) => {
    const crashed = process.ended.then(() => Promise.reject(new Error('a process of the fleet ended')))
    // The worker of this bench has commands of its own.
    return Promise.race([process.do(command as unknown as Command), crashed])
  })
  return summed(await Promise.all(reports))
}

async function renew(
  redis: RedisServer,
  processes: readonly FleetProcess[],
  design: Design,
  keyPrefix: string,
): Promise<Renewal> {
  await using oauth = await startOAuthServer()
  oauth.failNext({ delayMs: endpointMs, times: 1_000 })
  await tell(processes, { do: 'open', url: redis.url, keyPrefix, tokenUrl: oauth.tokenUrl, design })
  const before = await roundTrips(redis)
  const { slowestMs } = await tell(processes, { do: 'get', callers })
  return { requests: oauth.requests.length, elapsedMs: slowestMs, roundTrips: (await roundTrips(redis)) - before }
}

async function compareDesigns(redis: RedisServer): Promise<void> {
  const workerPath = new URL('redis-fleet-worker.ts', import.meta.url)
  const fleet = Array.from({ length: Math.max(...sizes) }, () => new FleetProcess(workerPath))
  await renew(redis, fleet, 'ours', 'warm-up')
  say(`A cold fleet, ${callers} callers in each process, token endpoint ${endpointMs} ms (medians of ${rounds})\n`)
  say('processes  design                       token requests   all have it   round trips')
  for (const size of sizes) {
    const renewals = new Map<Design, Renewal[]>(designs.map((design) => [design, []]))
    for (let round = 0; round < rounds; round++) {
      for (const design of designs)
        renewals.get(design)?.push(await renew(redis, fleet.slice(0, size), design, `bench-${size}-${round}-${design}`))
    }
    for (const [design, all] of renewals) {
      const of = (name: keyof Renewal): string => median(all.map((each) => each[name])).toFixed(0)
      say(
        `${String(size).padStart(9)}  ${design.padEnd(27)} ${of('requests').padStart(15)} ${of('elapsedMs').padStart(10)} ms ${of('roundTrips').padStart(13)}`,
      )
    }
    const most = Math.max(...(renewals.get('ours') ?? []).map(({ requests }) => requests))
    expectThat(most === 1, `${size} processes make one token request (${most})`)
  }
  await Promise.all(fleet.map((process) => process.kill()))
}

async function compareSteadyState(redis: RedisServer): Promise<void> {
  const provider = { serviceName: 'bench', fetchToken: async () => ({ accessToken: 'a', expiresAt: Date.now() + 3_600_000 }) }
  await using storage = new RedisTokenStorage({ url: redis.url, keyPrefix: 'steady', timeoutMs: 5_000 })
  await using alone = new TokenManager({ provider })
  await using shared = new TokenManager({ provider, storage, key: 'steady', storageTimeoutMs: 5_000 })
  const times = { alone: [] as number[], shared: [] as number[] }
  await Promise.all([alone.getToken(), shared.getToken()])
  const before = await roundTrips(redis)
  for (let round = 0; round < 41; round++) {
    for (const [name, manager] of [
      ['alone', alone],
      ['shared', shared],
    ] as const) {
      const startedAt = performance.now()
      for (let call = 0; call < 100_000; call++) await manager.getToken()
      times[name].push((performance.now() - startedAt) * 10)
    }
  }
  const trips = (await roundTrips(redis)) - before
  const ratio = median(times.shared) / median(times.alone)
  say(
    `\ngetToken() on a fresh token: ${median(times.alone).toFixed(0)} ns alone, ${median(times.shared).toFixed(0)} ns on Redis: ratio ${ratio.toFixed(2)}, ${trips} round trips`,
  )
  expectThat(ratio < 1.15, `Redis costs nothing in the steady state (ratio ${ratio.toFixed(2)})`)
  expectThat(trips === 0, `no round trip in the steady state (${trips})`)
}

async function tellFigures(redis: RedisServer): Promise<void> {
  const figures = await measureRedis(redis)
  const { bytesPerToken, setUs, claimUs, readUs, deliverUs } = figures
  say(`\n100,000 tokens of 1.2 kB: ${((bytesPerToken * 1e5) / 1e6).toFixed(0)} MB, ${bytesPerToken.toFixed(0)} bytes each`)
  say(
    `CPU of Redis: set ${setUs.toFixed(0)} us, claim ${claimUs.toFixed(0)} us, read ${readUs.toFixed(0)} us, a notice to one listener ${deliverUs.toFixed(1)} us`,
  )
  say(`\nForecast for one token on one Redis, token endpoint 200 ms; a call is given up after ${deadlineMs} ms\n`)
  say('            all tokens end at one moment      one is renewed ahead: slowest look    load while all wait')
  say('processes   all have it   slowest claim       spread (as it is)   all at once       for a slow endpoint')
  for (const processes of [50, 1_000, 10_000, 20_000, 50_000]) sayForecast(forecast(processes, figures))
  const limits = { claims: (deadlineMs * 1_000) / claimUs, notices: (deadlineMs * 1_000) / deliverUs, polls: 500_000 / claimUs }
  const most = (limit: number): string => (Math.floor(limit / 1_000) * 1_000).toLocaleString('en')
  say(
    `\nOne token on one Redis: ${most(limits.claims)} processes that claim at one moment, ${most(limits.polls)} that wait for a slow endpoint,`,
  )
  say(`or ${most(limits.notices)} that hear of one notice, keep it busy for as long as a call may take.`)
  const { slowestLookMs } = forecast(10_000, figures)
  expectThat(slowestLookMs < deadlineMs, `10,000 processes may hear of one renewal (${slowestLookMs.toFixed(0)} ms)`)
}

function sayForecast(of: FleetForecast): void {
  const ms = (value: number, width: number): string => `${value.toFixed(0)} ms`.padStart(width)
  const load = `${(of.pollingLoad * 100).toFixed(1)} %`.padStart(26)
  say(
    `${String(of.processes).padStart(9)}${ms(of.allHaveItMs, 14)}${ms(of.slowestClaimMs, 16)}${ms(of.slowestLookMs, 24)}${ms(of.slowestUnspreadMs, 14)}${load}`,
  )
}

const redis = await startRedisServer()
try {
  await compareDesigns(redis)
  await compareSteadyState(redis)
  await tellFigures(redis)
} finally {
  await redis[Symbol.asyncDispose]()
}
for (const failure of failures) say(`DOES NOT HOLD: ${failure}`)
if (process.argv.includes('--write')) writeFileSync(new URL('../docs/redis-figures.md', import.meta.url), page())
process.exit(failures.length === 0 ? 0 : 1)

function page(): string {
  return `# What a fleet on one Redis costs

Written, and reproduced, by \`npm run bench -- redis-fleet --write\`: processes and a \`redis-server\` on one machine with ${cpus().length} cores, so the times are those of a
crowded place; the counts hold anywhere. "Naive" asks the token endpoint for every caller that finds no token; "one flight in each process" shares
one renewal among the callers of a process; "ours" shares it among all processes.

\`\`\`text
${said.join('\n').trim()}
\`\`\`

The costs of a claim, a read and a notice are Redis's own CPU with 200 connections that each send one command at a time, as processes of a fleet
do, so reading and writing sockets is in them. The forecast is a simulation on these (\`bench/redis-model.ts\`).

## The next limits, and what is done about them

- **Claims at one moment.** Redis runs one script after the other. More processes than it can serve in 250 ms must not claim at one moment: those
  at the end would give their call up and ask the token endpoint themselves. So due tokens are renewed ahead, at a time that each process draws for
  itself: one process claims, the others only hear of it. What is left is a cold start of a whole fleet within the same quarter of a second. There
  \`timeoutMs\` (and the manager's \`storageTimeoutMs\`) can be raised.
- **Looks after a notice.** Every process that holds the token looks at what has changed. Each notice says how many heard the one before, and above
  100 listeners each waits a random part of 50 us for each of them: 25 ms on average with 1,000 processes, 250 ms with 10,000.
- **Notices.** Redis writes each to every listener before it does anything else. On a cluster, clients listen on different nodes, and each
  node writes to its own.
- **Polls.** Who waits looks every 500 ms, give or take a fifth, in case a notice was lost. If the endpoint is slow and the fleet waits, that is the load above.

Tokens of different keys share nothing: on a cluster they spread over its nodes.
`
}
