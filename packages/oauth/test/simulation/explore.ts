import { generateScenario } from './generate-scenario.ts'
import type { Violation } from './invariants.ts'
import type { Scenario } from './scenario.ts'
import { type Omission, omit, shrink } from './shrink.ts'
import { type CreateManager, Simulation, type SimulationResult } from './simulation.ts'

/** A seed that broke a promise, and the least of it that still does. */
export interface Finding {
  readonly seed: number
  readonly rule: string
  readonly detail: string
  readonly omission: Omission
  readonly scenario: Scenario
  readonly trace: readonly string[]
}

/** One seed, from its beginning to its end. */
export function runSeed(seed: number, create: CreateManager, omission: Omission = []): Promise<SimulationResult> {
  return new Simulation(omit(generateScenario(seed), omission), create, true).run()
}

/** A seed that breaks a promise, as it is. */
export interface BrokenSeed {
  readonly scenario: Scenario
  readonly violation: Violation
}

/** Runs seed after seed up to the first that breaks a promise. */
export async function firstBroken(from: number, count: number, create: CreateManager): Promise<BrokenSeed | undefined> {
  for (let seed = from; seed < from + count; seed += 1) {
    const scenario = generateScenario(seed)
    const { violation } = await new Simulation(scenario, create, false).run()
    if (violation !== undefined) return { scenario, violation }
  }
  return undefined
}

/** As `firstBroken`, and the least of it that still does. */
export async function explore(from: number, count: number, create: CreateManager): Promise<Finding | undefined> {
  const broken = await firstBroken(from, count, create)
  return broken === undefined ? undefined : find(broken.scenario, broken.violation.rule, create)
}

/** The shortest trace that breaks the same promise. */
export async function find(scenario: Scenario, rule: string, create: CreateManager): Promise<Finding> {
  const fails = async (smaller: Scenario): Promise<boolean> =>
    (await new Simulation(smaller, create, false).run()).violation?.rule === rule
  const omission = await shrink(scenario, fails)
  const shortest = omit(scenario, omission)
  const { violation, trace } = await new Simulation(shortest, create, true).run()
  return { seed: scenario.seed, rule, detail: violation?.detail ?? '', omission, scenario: shortest, trace }
}

/** What a person needs to see it again. */
export function describe({ seed, rule, detail, omission, scenario, trace }: Finding): string {
  const without = omission.length === 0 ? '' : ` --without ${omission.join(',')}`
  return [
    `seed ${seed} breaks a promise: ${rule}: ${detail}`,
    `world: ${JSON.stringify(scenario.world)}`,
    `again: npm run simulate -- --seed ${seed}${without}`,
    ...trace,
  ].join('\n')
}
