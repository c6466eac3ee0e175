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
    what: 'with a plain storage an older refresh token comes back from memory, or from a storage that was rolled back',
    seed: 3,
    rule: 'a spent refresh token is presented',
    detail: /has seen a later one/,
    happensIn: (scenario) => scenario.world.storage === 'plain' || losesData(scenario),
  },
  {
    what: 'what the server said about when to come again is forgotten with a buried refresh token, a flushed storage, a late write or a forced attempt',
    seed: 276,
    rule: 'asked before its time',
    happensIn: (scenario) =>
      losesData(scenario) ||
      has(scenario, 'storage') ||
      scenario.operations.some(({ kind }) => kind === 'force') ||
      scenario.world.grant !== 'client_credentials',
  },
  {
    what: 'an unreadable value is taken for a removed one',
    seed: 8415,
    rule: 'a valid token is withheld',
    detail: /lets callers wait/,
    happensIn: ({ faults }) => faults.some((fault) => fault.kind === 'storage' && fault.mode === 'junk'),
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

function losesData(scenario: Scenario): boolean {
  return has(scenario, 'flush') || has(scenario, 'rollback')
}
