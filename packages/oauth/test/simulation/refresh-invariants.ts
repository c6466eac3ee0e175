import type { Invariants } from './invariants.ts'
import { type IssuedRefresh, mayHaveSpent, type TokenRequest, usableUntil } from './ledger.ts'
import type { Simulation } from './simulation.ts'

/**
 * A refresh token is presented once; a second time only in doubt, where the policy says so, and not before the access token has expired.
 *
 * What a process could know: what it has sent itself in this life; what has reached it from the provider or out of the storage; and, with
 * an atomic storage that served it well, the spend mark and the newer tokens that stood there when it took the lease. A plain storage that was
 * rolled back has no version that would tell what stands there from something newer.
 */
export function checkPresentation(
  simulation: Simulation,
  invariants: Invariants,
  request: TokenRequest,
  refresh: IssuedRefresh,
): void {
  const { process } = request
  const { world } = simulation.scenario
  if (world.rotation !== 'alarm') return
  // Where a spent one is good for a while longer, two of one generation may live side by side.
  const hasVersions = world.storage !== 'plain' || simulation.scenario.faults.every(({ kind }) => kind !== 'rollback')
  if (
    hasVersions &&
    world.graceMs === 0 &&
    refresh.spentAt !== undefined &&
    (process.seen.get(refresh.session) ?? 0) > refresh.generation
  )
    invariants.fail('a spent refresh token is presented', `${process.name} presents ${refresh.value}, and has seen a later one`)
  checkMark(simulation, invariants, request)
  const earlier = refresh.presentations.filter((other) => other !== request && mayHaveSpent(other))
  const known = earlier.filter((other) => couldKnow(simulation, request, other))
  if (known.length === 0) {
    if (earlier.length > 0)
      simulation.ledger.excuseLoss(refresh.session.key, 'a refresh token was sent by two that could not know')
    return
  }
  const sure = known.find((other) => other.outcome === 'success' || other.outcome === 'rejected')
  if (sure !== undefined && isTold(simulation, sure, refresh, process === sure.process))
    invariants.fail(
      'a spent refresh token is presented',
      `${process.name} presents ${refresh.value} after #${sure.id} (${sure.outcome})`,
    )
  else checkDoubt(simulation, invariants, { request, refresh, known })
}

/** The mark stands in the storage before the token leaves. */
function checkMark(
  simulation: Simulation,
  invariants: Invariants,
  { process, key, previousFlightStartedAt }: TokenRequest,
): void {
  const { world } = simulation.scenario
  const { now } = simulation.scheduler
  if (world.storage !== 'atomic' || simulation.ledger.dataLostAt >= 0) return
  // A turn that began while the storage was away goes on without it.
  const since = Math.min(now, previousFlightStartedAt) - 2_000
  if (process.wasTroubledSince(since) || process.wasStalledSince(since)) return
  // Whoever forgets the token takes the mark away with it.
  if (simulation.ledger.takenBackAt(key) >= now - 600) return
  if (simulation.storedRecord(process.key)?.spent !== true)
    invariants.fail('a refresh token leaves without a spend mark', `${process.name} sent one that nobody else knows to be spent`)
}

function couldKnow(simulation: Simulation, request: TokenRequest, earlier: TokenRequest): boolean {
  if (request.process === earlier.process) return true
  const { scenario, ledger } = simulation
  if (scenario.world.storage !== 'atomic' || ledger.dataLostAt >= 0) return false
  const since = Math.min(request.previousFlightStartedAt, earlier.at) - 2_000
  return ![request.process, earlier.process].some((process) => process.wasTroubledSince(since) || process.wasStalledSince(since))
}

/** Whether the outcome of `sure` had become known, before a crash could take it away. */
function isTold(simulation: Simulation, sure: TokenRequest, refresh: IssuedRefresh, isOwn: boolean): boolean {
  if (isOwn) return true
  return (
    sure.outcome === 'success' &&
    simulation.ledger.refreshes.get(`R${refresh.session.id}.${refresh.generation + 1}`)?.appliedAt !== undefined
  )
}

interface Doubt {
  readonly request: TokenRequest
  readonly refresh: IssuedRefresh
  readonly known: readonly TokenRequest[]
}

function checkDoubt(simulation: Simulation, invariants: Invariants, { request, refresh, known }: Doubt): void {
  const { world } = simulation.scenario
  const { name } = request.process
  if (world.onInDoubt === 'error') invariants.fail('a doubtful refresh token is presented', `${name}: the policy is 'error'`)
  // In all: a second try by a process that is killed in it leaves the doubt to the next one, who cannot tell the second from the first.
  const limit = known.some(({ process }) => !process.alive) ? 2 + known.filter(({ process }) => !process.alive).length : 2
  if (known.length >= limit)
    invariants.fail(
      'a doubtful refresh token is presented',
      `${name} presents ${refresh.value} for the ${known.length + 1}th time`,
    )
  const { access } = refresh
  const isInvalidated =
    simulation.ledger.takenBackAt(request.key) >= access.issuedAt || request.process.takenBackAt >= access.issuedAt
  const isSure = !simulation.clocksDisagree && access.lifetimeMs > 0 && !isInvalidated
  if (isSure && request.at < usableUntil(access) - 5)
    invariants.fail(
      'a doubtful refresh token is presented',
      `${name}: ${access.value} has ${Math.round(usableUntil(access) - request.at)} ms left`,
    )
}
