import { generateBlip, generateFault } from './generate-fault.ts'
import type { Operation, OperationKind, Scenario, World } from './scenario.ts'
import { SeededRandom } from './seeded-random.ts'

/** The scenario of a seed. */
export function generateScenario(seed: number): Scenario {
  const random = new SeededRandom(seed).fork('scenario')
  const world = generateWorld(random.fork('world'))
  const faults = random.fork('faults')
  const count = faults.pick([0, 0, 1, 1, 2, 2, 3, 4, 6])
  const blips = random.fork('blips')
  return {
    seed,
    world,
    operations: generateOperations(random.fork('operations'), world),
    faults: [
      ...Array.from({ length: count }, (_, id) => generateFault(faults.fork(`fault ${id}`), id, world)),
      ...(world.storage === 'atomic' && blips.chance(0.3) ? [generateBlip(blips, count, world)] : []),
    ],
  }
}

function generateWorld(random: SeededRandom): World {
  const storage = random.pick(['atomic', 'atomic', 'atomic', 'atomic', 'plain', 'plain', 'none'])
  // Without a storage a session has nowhere to begin, and processes have nothing in common.
  const grant = random.pick(
    storage === 'none'
      ? ['client_credentials', 'password']
      : ['client_credentials', 'client_credentials', 'password', 'session', 'session'],
  )
  const processes = storage === 'none' ? 1 : random.pick([1, 2, 2, 3, 3, 4])
  const revokesPrevious = random.chance(0.08)
  const hasSkew = random.chance(0.25)
  return {
    processes,
    keys: processes > 1 && random.chance(0.1) ? 2 : 1,
    storage,
    grant,
    rotation: random.pick(['alarm', 'alarm', 'alarm', 'static', 'omit']),
    graceMs: random.chance(0.15) ? 30_000 : 0,
    revokesPrevious,
    lifetimeMs: random.pick([0, 2_000, 5_000, 10_000, 10_000, 20_000, 20_000, 60_000, 200_000, 3_600_000, 7_200_000]),
    tellsCanFetch: random.chance(0.5),
    storageDelayMs: random.pick([0, 1, 5, 20, 50]),
    providerDelayMs: random.pick([5, 50, 200, 800, 2_500]),
    clockOffsetsMs: Array.from({ length: processes }, () => (hasSkew ? random.int(-120_000, 120_000) : 0)),
    renewAhead: !revokesPrevious && random.chance(0.9),
    onInDoubt: random.pick([undefined, undefined, 'fetch', 'retry', 'retry', 'error']),
    onStorageFailure: random.pick([undefined, undefined, undefined, 'renew', 'fetch', 'error']),
    durationMs: random.pick([8_000, 15_000, 30_000, 60_000]),
  }
}

function generateOperations(random: SeededRandom, world: World): Operation[] {
  const kinds: [OperationKind, ...OperationKind[]] = ['get', 'get', 'get', 'use', 'use', 'use', 'reject', 'force', 'invalidate']
  if (random.chance(0.05)) kinds.push('revoke')
  if (random.chance(0.3)) kinds.push('peek')
  const count = random.int(6, 22)
  const operations: Operation[] = []
  // A herd before anything else: every cold start is one.
  for (let id = 0; id < count; id += 1) {
    const isHerd = id < world.processes
    operations.push({
      id,
      at: isHerd ? random.int(0, 30) : random.int(0, world.durationMs),
      process: isHerd ? id : random.int(0, world.processes - 1),
      kind: isHerd ? random.pick(['get', 'use']) : random.pick(kinds),
      callers: random.pick([1, 1, 2, 3, 6]),
      spreadMs: random.pick([0, 0, 5, 75]),
      apiDelayMs: random.pick([1, 20, 75, 400, 3_000]),
      abortAfterMs: random.chance(0.15) ? random.pick([0, 1, 10, 100, 600, 3_000]) : undefined,
    })
  }
  if (random.chance(0.5)) operations.push(...generatePollers(random, world, count))
  return operations
}

/** Somebody who wants the token again and again. */
function generatePollers(random: SeededRandom, world: World, fromId: number): Operation[] {
  const everyMs = random.pick([100, 250, 500, 1_000])
  const from = random.int(0, world.durationMs / 2)
  const process = random.int(0, world.processes - 1)
  const kind = random.pick<OperationKind>(['get', 'get', 'use'])
  return Array.from({ length: 24 }, (_, index) => ({
    id: fromId + index,
    at: from + index * everyMs,
    process,
    kind,
    callers: 1,
    spreadMs: 0,
    apiDelayMs: 20,
  }))
}
