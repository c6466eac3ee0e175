import { expect, test } from 'vitest'
import { loadMutant } from './mutant.ts'
import { mutations } from './mutations.ts'

/** `simulation.test.ts` runs more than these: what fails here and holds there fails by the mutation. */
const seeds = 3_000
/** Two slow cores, and much else to do: slow is not wrong. */
const timeout = 120_000

test.each(mutations)('the simulation finds out a manager that $mistake', { timeout }, async (mutation) => {
  const mutant = await loadMutant(mutation)
  const broken = await mutant.firstBrokenSeed(1, seeds)
  expect.assert(
    broken !== undefined,
    `${seeds} seeds hold with a manager that ${mutation.mistake}: the simulation needs a rule or a scenario that shows it`,
  )
})
