import { parseArgs } from 'node:util'
import { TokenManager } from '../../src/index.ts'
import { describe, explore, find, runSeed } from './explore.ts'
import { generateScenario } from './generate-scenario.ts'
import { omit } from './shrink.ts'
import type { CreateManager } from './simulation.ts'

// One seed:   npm run simulate -- --seed 17 [--without o1,f0] [--shrink]
// Many seeds: npm run simulate -- --from 1 --count 1000000 [--all]

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    without: { type: 'string', default: '' },
    shrink: { type: 'boolean', default: false },
    from: { type: 'string', default: '1' },
    count: { type: 'string', default: '5000' },
    all: { type: 'boolean', default: false },
  },
})
const create: CreateManager = (options) => new TokenManager(options)

if (values.seed !== undefined) await replay(Number(values.seed))
else await exploreAll(Number(values.from), Number(values.count))

async function replay(seed: number): Promise<void> {
  const omission = values.without.split(',').filter((part) => part !== '')
  const result = await runSeed(seed, create, omission)
  const { violation } = result
  const scenario = omit(generateScenario(seed), omission)
  if (violation !== undefined && values.shrink) return tell(describe(await find(scenario, violation.rule, create)))
  tell([JSON.stringify(scenario.world), ...result.trace].join('\n'))
  tell(violation === undefined ? `seed ${seed} holds` : `seed ${seed} breaks a promise: ${violation.rule}: ${violation.detail}`)
}

/** Up to the first finding, or (`--all`) one of each rule. */
async function exploreAll(from: number, count: number): Promise<void> {
  const startedAt = performance.now()
  const seen = new Map<string, number>()
  for (let seed = from; seed < from + count; seed += 1) {
    const finding = await explore(seed, values.all ? 1 : from + count - seed, create)
    if (finding === undefined && !values.all) break
    if (finding === undefined) continue
    seen.set(finding.rule, (seen.get(finding.rule) ?? 0) + 1)
    if (seen.get(finding.rule) === 1) tell(`${describe(finding)}\n`)
    if (!values.all) break
  }
  for (const [rule, times] of seen) tell(`${times} times: ${rule}`)
  tell(`${count} seeds in ${Math.round(performance.now() - startedAt)} ms, ${seen.size === 0 ? 'all hold' : 'some do not'}`)
  if (seen.size > 0) process.exitCode = 1
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`)
}
