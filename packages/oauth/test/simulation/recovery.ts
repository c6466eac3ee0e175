import type { TokenManager } from '../../src/index.ts'
import { ReauthenticationRequiredError } from '../fixtures/library.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Simulation } from './simulation.ts'
import { retryAfterOf } from './wait-invariants.ts'

/** A request that is on its way when the faults end is waited for this long. */
const inFlightMs = 62_000
/** The longest pause that an error may tell. */
const longestWaitMs = 8_000_000
/** Leases run out, storages are asked again, answers come. */
const slackMs = 20_000
/** Longer than `close()` may take, and longer than any answer is on its way. */
const closingMs = 90_000

/** After the faults have ended everybody is served within one backoff; then all is closed, and nothing is left. */
export async function recover(simulation: Simulation): Promise<void> {
  const { scheduler, ledger, invariants, trace } = simulation
  trace.line(() => 'all faults have ended')
  const remaining = new Set(simulation.processes)
  const startedAt = scheduler.now
  // A failure's pause is told with its error: one of them, and no more.
  const deadlines = new Map<SimulatedProcess, number>()
  const patienceMs = (ledger.pending.size > 0 ? inFlightMs : 0) + slackMs
  for (const process of remaining) {
    deadlines.set(process, startedAt + patienceMs + stalledMs(process, startedAt))
    probe(simulation, process, { remaining, deadlines, isTold: false })
  }
  await simulation.runUntil(startedAt + 2 * longestWaitMs, () => {
    for (const process of remaining) {
      if (scheduler.now > (deadlines.get(process) ?? 0))
        invariants.fail(
          'no service after the faults have ended',
          `${process.name} has no token after ${scheduler.now - startedAt} ms`,
        )
    }
    return remaining.size === 0
  })
  if (invariants.violation === undefined && remaining.size > 0)
    invariants.fail('no service after the faults have ended', [...remaining].map(({ name }) => name).join(', '))
  if (invariants.violation === undefined) await closeAll(simulation)
}

interface Probe {
  readonly remaining: Set<SimulatedProcess>
  readonly deadlines: Map<SimulatedProcess, number>
  /** The one pause that may be asked for has been told. */
  readonly isTold: boolean
}

function probe(simulation: Simulation, process: SimulatedProcess, { remaining, deadlines, isTold }: Probe): void {
  const { scheduler, callers, ledger, invariants, scenario } = simulation
  scheduler.after(1, process, () => {
    callers.call(process, 'getToken', {
      onEnd: (token, error) => {
        if (token !== undefined) return void remaining.delete(process)
        if (ReauthenticationRequiredError.isInstance(error)) {
          const cause = ledger.lossCauses.get(process.key) ?? excuseOf(simulation, process)
          const isOver = scenario.world.grant === 'session' || scenario.world.onInDoubt === 'error'
          if (cause === undefined || !isOver)
            invariants.fail('a session is lost', `${process.name} asks for a login: ${error.message}`)
          return void remaining.delete(process)
        }
        // A doubtful refresh token waits for the end of its access token, by a wall clock that may have been set.
        const waitMs = Math.min(retryAfterOf(error) ?? 0, longestWaitMs)
        if (!isTold) deadlines.set(process, (deadlines.get(process) ?? 0) + waitMs)
        scheduler.after(Math.max(200, waitMs + 1), process, () =>
          probe(simulation, process, { remaining, deadlines, isTold: isTold || waitMs > 0 }),
        )
      },
    })
  })
}

/** Where processes share nothing but a refresh token, one of them comes too late. */
function excuseOf({ scenario, processes }: Simulation, process: SimulatedProcess): string | undefined {
  const { world, faults } = scenario
  const isShared = processes.filter(({ key }) => key === process.key).length > 1
  if (world.storage === 'plain' && isShared) return 'processes share a plain storage'
  const isAway = faults.some(({ kind }) => kind === 'storage' || kind === 'stall')
  if (isShared && isAway) return 'processes went on without the storage'
  const restarts = faults.some(({ kind }) => kind === 'crash')
  return isAway && restarts ? 'a process began while the storage was away' : undefined
}

function stalledMs(process: SimulatedProcess, now: number): number {
  return Math.max(0, process.stalledUntil - now)
}

async function closeAll(simulation: Simulation): Promise<void> {
  const { scheduler, callers, invariants, listeners, processes } = simulation
  const open = new Set(processes)
  for (const process of processes) {
    scheduler.after(0, process, () => {
      process.closing = true
      callers.call(process, 'close', { onEnd: () => open.delete(process) })
    })
  }
  await simulation.runUntil(scheduler.now + closingMs, () => open.size === 0)
  // What was asked before the end may still answer.
  await simulation.runUntil(scheduler.now + closingMs)
  for (const process of processes) checkClosed(simulation, process)
  invariants.policies.onEnd()
  if (listeners.size > 0) invariants.fail('something is left after close()', `${listeners.size} subscriptions`)
}

function checkClosed({ invariants }: Simulation, process: SimulatedProcess): void {
  const { timers } = process.clock
  if (timers.size > 0) invariants.fail('something is left after close()', `${process.name} has ${timers.size} timers`)
  const peeked: ReturnType<TokenManager['peekToken']> = process.manager.peekToken()
  if (peeked !== undefined) invariants.fail('something is left after close()', `${process.name} hands out a token`)
}
