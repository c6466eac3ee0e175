import { expect, describe as group, test } from 'vitest'
import { TokenManager } from '../../src/index.ts'
import { describe, explore, find, runSeed } from './explore.ts'
import { generateScenario } from './generate-scenario.ts'
import { createNaiveManager } from './naive-manager.ts'
import { type CreateManager, Simulation } from './simulation.ts'

const create: CreateManager = (options) => new TokenManager(options)
const seedsPerTest = 1_000
const firstSeeds = Array.from({ length: 24 }, (_, index) => 1 + index * seedsPerTest)
/** Two slow cores, and much else to do: slow is not wrong. */
const timeout = 180_000

group('the life of a token keeps all its promises', () => {
  test.each(firstSeeds)('in the thousand worlds from seed %i on', { timeout }, async (from) => {
    const finding = await explore(from, seedsPerTest, create)
    expect.assert(finding === undefined, finding === undefined ? '' : describe(finding))
  })
})

group('a seed', () => {
  test.each([17, 276, 1_063])('%i goes the same way each time', async (seed) => {
    const { trace, steps } = await runSeed(seed, create)
    expect(trace.length).toBeGreaterThan(10)
    expect(await runSeed(seed, create)).toMatchObject({ trace, steps })
  })

  test('and another go different ways', async () => {
    expect((await runSeed(17, create)).trace).not.toEqual((await runSeed(18, create)).trace)
  })
})

group('a manager written in ten minutes breaks the promises', () => {
  test('eight of them within 400 seeds', { timeout }, async () => {
    const rules = new Set<string>()
    for (let seed = 1; seed <= 400; seed += 1) {
      const { violation } = await new Simulation(generateScenario(seed), createNaiveManager, false).run()
      if (violation !== undefined) rules.add(violation.rule)
    }
    expect([...rules]).toEqual(
      expect.arrayContaining([
        'two renewals at one time',
        'a renewal without need',
        'a refresh token leaves without a spend mark',
        'an expired token is handed out',
        'an invalidated token is handed out',
        'handed out before it is stored',
        'an abort does not end the wait',
        'a session is lost',
      ]),
    )
  })

  test('and the message has the shortest trace and the command that replays it', { timeout }, async () => {
    const finding = await explore(1, 100, createNaiveManager)
    expect.assert(finding !== undefined, 'the naive manager breaks nothing')
    const whole = generateScenario(finding.seed)
    expect(finding.scenario.operations.length).toBeLessThan(whole.operations.length)
    const message = describe(finding)
    expect(message).toContain(`seed ${finding.seed} breaks a promise: ${finding.rule}`)
    expect(message).toContain(`npm run simulate -- --seed ${finding.seed} --without ${finding.omission.join(',')}`)
    expect(message).toContain(`VIOLATION ${finding.rule}`)
    const again = await runSeed(finding.seed, createNaiveManager, finding.omission)
    expect(again.trace).toEqual(finding.trace)
    expect(await find(whole, finding.rule, createNaiveManager)).toEqual(finding)
  })
})
