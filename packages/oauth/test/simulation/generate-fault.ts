import type { CrashFault, Fault, ProviderTrouble, StorageFault, World } from './scenario.ts'
import type { SeededRandom } from './seeded-random.ts'

/** One fault that ends before the scenario does. */
export function generateFault(random: SeededRandom, id: number, world: World): Fault {
  const at = random.chance(0.25) ? random.int(0, 1_500) : random.int(0, world.durationMs - 500)
  const process = random.int(0, world.processes - 1)
  const forMs = Math.min(random.pick([100, 700, 2_500, 6_000, 15_000]), world.durationMs - at)
  const kind = random.pick([...kindsFor(world)] as [FaultName, ...FaultName[]])
  switch (kind) {
    case 'provider':
      return {
        id,
        kind,
        mode: providerTrouble(random, world),
        at,
        forMs,
        retryAfterMs: random.pick([0, 0, 1_000, 4_000, 20_000, 400_000]),
        delayMs: random.pick([3_000, 9_500, 12_000, 30_000, 70_000]),
      }
    case 'storage': {
      const mode = random.pick<StorageFault['mode']>(['hangs', 'rejects', 'rejects-after', 'slow', 'junk'])
      return { id, kind, mode, at, forMs, process: random.chance(0.5) ? process : undefined }
    }
    case 'notices':
    case 'api-rejects':
      return { id, kind, at, forMs }
    case 'stall':
      return { id, kind, at, process, forMs: Math.min(forMs, 15_000) }
    case 'jump':
      return { id, kind, at, process, byMs: random.pick([-3_600_000, -60_000, -5_000, 5_000, 60_000, 3_600_000]) }
    case 'crash':
      return generateCrash(random, id, process, at)
    default:
      return { id, kind, at }
  }
}

/** One call of one process fails, and no more than that. */
export function generateBlip(random: SeededRandom, id: number, world: World): Fault {
  const process = random.int(0, world.processes - 1)
  return { id, kind: 'blip', process, at: random.int(0, world.durationMs - 500) }
}

type FaultName = Exclude<Fault['kind'], 'blip'>

function kindsFor(world: World): readonly FaultName[] {
  const everywhere: FaultName[] = [
    'provider',
    'provider',
    'provider',
    'provider',
    'api-rejects',
    'stall',
    'jump',
    'revoke-tokens',
  ]
  if (world.storage === 'none') return everywhere
  if (world.grant === 'session' && world.rotation === 'alarm') everywhere.push('crash', 'crash')
  return [...everywhere, 'crash', 'crash', 'storage', 'storage', 'notices', 'kill-session', 'flush', 'rollback']
}

function providerTrouble(random: SeededRandom, world: World): ProviderTrouble {
  const answers: [ProviderTrouble, ...ProviderTrouble[]] = ['refuses', 'unavailable', 'limits', 'invalid-client', 'slow', 'junk']
  if (world.grant === 'client_credentials') return random.pick([...answers, 'reset-before', 'hangs'])
  return random.pick([...answers, 'reset-before', 'reset-after', 'reset-after', 'hangs'])
}

function generateCrash(random: SeededRandom, id: number, process: number, at: number): CrashFault {
  const isTimed = random.chance(0.2)
  return {
    id,
    kind: 'crash',
    process,
    at: isTimed ? at : undefined,
    atCall: isTimed ? undefined : random.int(1, 14),
    stage: random.pick(['sent', 'applied', 'answered']),
    restartAfterMs: random.int(10, 3_000),
  }
}
