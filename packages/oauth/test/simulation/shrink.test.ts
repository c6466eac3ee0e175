import { expect, test } from 'vitest'
import { generateScenario } from './generate-scenario.ts'
import { SeededRandom } from './seeded-random.ts'
import { omit, shrink } from './shrink.ts'

const scenario = generateScenario(921)
const needed = scenario.operations[3]?.id ?? 0
const fault = scenario.faults[0]?.id ?? 0

test('shrinking leaves what is needed, and nothing else', async () => {
  const omission = await shrink(
    scenario,
    async ({ operations, faults }) => operations.some(({ id }) => id === needed) && faults.some(({ id }) => id === fault),
  )
  const least = omit(scenario, omission)
  expect(least.operations.map(({ id, callers }) => [id, callers])).toEqual([[needed, 1]])
  expect(least.faults.map(({ id }) => id)).toEqual([fault])
  expect(least.world).toEqual(scenario.world)
})

test('what is left after an omission is as the seed has it', () => {
  const least = omit(scenario, [`o${needed}`, `f${fault}`])
  expect(least.operations).toEqual(scenario.operations.filter(({ id }) => id !== needed))
  expect(least.faults).toEqual(scenario.faults.filter(({ id }) => id !== fault))
  expect(omit(scenario, [])).toEqual(scenario)
})

test('a seed makes one scenario, another seed another', () => {
  expect(generateScenario(5)).toEqual(generateScenario(5))
  expect(generateScenario(5)).not.toEqual({ ...generateScenario(6), seed: 5 })
})

test('streams of other names do not disturb each other', () => {
  const one = new SeededRandom(3).fork('a')
  const other = new SeededRandom(3).fork('a')
  new SeededRandom(3).fork('b').next()
  expect([one.next(), one.next()]).toEqual([other.next(), other.next()])
  expect(new SeededRandom(3).fork('a').next()).not.toBe(new SeededRandom(3).fork('b').next())
  expect(new SeededRandom(4).fork('a').next()).not.toBe(new SeededRandom(3).fork('a').next())
})

test('random numbers stay in their range, and use all of it', () => {
  const random = new SeededRandom(11)
  const drawn = new Set(Array.from({ length: 500 }, () => random.int(-2, 3)))
  expect([...drawn].toSorted((low, high) => low - high)).toEqual([-2, -1, 0, 1, 2, 3])
  expect(random.int(4, 4)).toBe(4)
})
