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

test.each([
  ['is not there', 'no such text', 0],
  ['is there more than once', 'slot', undefined],
])('a mutation whose text %s is told, so that the list cannot rot', async (_case, find, times) => {
  const stale = { mistake: 'does nothing', file: 'token-keeper.ts', find, replace: '' }
  const count = times === undefined ? '\\d\\d+' : String(times)
  await expect(loadMutant(stale)).rejects.toThrow(
    new RegExp(`"does nothing": "${find}" is ${count} times in packages/oauth/src/token-keeper.ts; the source has changed`),
  )
})

test('a mutant without a mistake holds where the others do not', { timeout }, async () => {
  const text = 'export class TokenKeeper {'
  const same = await loadMutant({ mistake: 'makes none', file: 'token-keeper.ts', find: text, replace: text })
  expect(await same.firstBrokenSeed(1, seeds)).toBeUndefined()
})
