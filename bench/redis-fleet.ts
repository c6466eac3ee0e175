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
import { forecast } from './redis-model.ts'

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
  say('\nForecast: all tokens end at one moment (worst case), and one renewal ahead of time\n')
  say('processes   all have it   load while waiting   work for a renewal ahead')
  for (const processes of [50, 1_000, 10_000, 50_000]) {
    const { allHaveItMs, pollingLoad, dueWorkMs } = forecast(processes, figures)
    say(
      `${String(processes).padStart(9)} ${allHaveItMs.toFixed(0).padStart(10)} ms ${(pollingLoad * 100).toFixed(1).padStart(18)} % ${dueWorkMs.toFixed(0).padStart(23)} ms`,
    )
  }
  say(
    `\nThe next limit is the claim script: at ${Math.floor(500_000 / claimUs).toLocaleString('en')} processes that wait for one slow token endpoint, their polls alone fill one Redis.`,
  )
  say(
    'Renewal ahead of time is drawn at random for each process, so that a fleet does not come to that; keys of several services spread over a cluster.',
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

Written by \`npm run bench -- redis-fleet --write\`: processes and a \`redis-server\` on one machine with ${cpus().length} cores, so the times are those of a
crowded place; the counts hold anywhere. "Naive" asks the token endpoint for every caller that finds no token; "one flight in each process" shares
one renewal among the callers of a process; "ours" shares it among all processes.

\`\`\`text
${said.join('\n').trim()}
\`\`\`

The forecast is a simulation on the constants measured in the same run (\`bench/redis-model.ts\`). Its worst case has all processes find an expired
token at one moment; what waits then is one claim script for each process and poll. Notices are cheap (one publication, delivered to each listener),
and due tokens are renewed by whoever draws the earliest time, so that the others only read.
`
}
