import type { Violation } from './invariants.ts'
import type { Fault, Scenario } from './scenario.ts'

/** Something that the simulation has found and that has not been mended yet: other seeds need not tell it again. */
export interface KnownFinding {
  readonly what: string
  /** A seed that shows it. It must go on showing it: what is mended leaves this list. */
  readonly seed: number
  readonly rule: string
  readonly detail?: RegExp | undefined
  /** What a world needs for it: elsewhere the same rule is a new finding. */
  happensIn(scenario: Scenario): boolean
}

/** All that is known, and open. */
export const knownFindings: readonly KnownFinding[] = [
  {
    what: 'a storage that was rolled back brings a refresh token that this process cannot know to be older than its own',
    seed: 4308,
    rule: 'a spent refresh token is presented',
    detail: /has seen a later one/,
    happensIn: (scenario) => has(scenario, 'rollback'),
  },
  {
    what: 'a forced attempt shortens a pause that only another process was told of',
    seed: 36182,
    rule: 'asked before its time',
    happensIn: ({ world, operations }) => world.processes > 1 && operations.some(({ kind }) => kind === 'force'),
  },
  {
    what: 'a renewal that waits for its late answer does not look at the storage',
    seed: 5988,
    rule: 'a valid token is withheld',
    detail: /no token for simulated within/,
    happensIn: (scenario) => has(scenario, 'provider'),
  },
]

export function isKnown({ rule, detail }: Violation, scenario: Scenario): boolean {
  return knownFindings.some((known) => known.rule === rule && (known.detail?.test(detail) ?? true) && known.happensIn(scenario))
}

function has({ faults }: Scenario, kind: Fault['kind']): boolean {
  return faults.some((fault) => fault.kind === kind)
}
