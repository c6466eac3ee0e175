import type { Scenario } from './scenario.ts'

/** What of a scenario is left out, by id: `o3` is an operation, `c3` all callers of it but one, `f1` a fault. */
export type Omission = readonly string[]

/** The scenario without some of its parts: all else stays as the seed has it. */
export function omit(scenario: Scenario, omission: Omission): Scenario {
  const left = new Set(omission)
  return {
    ...scenario,
    operations: scenario.operations
      .filter(({ id }) => !left.has(`o${id}`))
      .map((operation) => (left.has(`c${operation.id}`) ? { ...operation, callers: 1 } : operation)),
    faults: scenario.faults.filter(({ id }) => !left.has(`f${id}`)),
  }
}

/** Leaves out what can be left out while `fails` still holds: halves first, then one by one. */
export async function shrink(scenario: Scenario, fails: (smaller: Scenario) => Promise<boolean>): Promise<Omission> {
  const left = new Set<string>()
  await leaveOut([...scenario.faults.map(({ id }) => `f${id}`), ...scenario.operations.map(({ id }) => `o${id}`)])
  await leaveOut(omit(scenario, [...left]).operations.flatMap(({ id, callers }) => (callers > 1 ? [`c${id}`] : [])))
  return [...left]

  async function leaveOut(parts: readonly string[]): Promise<void> {
    for (let size = Math.ceil(parts.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < parts.length; from += size) {
        const chunk = parts.slice(from, from + size).filter((part) => !left.has(part))
        if (chunk.length > 0 && (await fails(omit(scenario, [...left, ...chunk])))) for (const part of chunk) left.add(part)
      }
    }
  }
}
