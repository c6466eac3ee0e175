import type { CallKind, ManagerCall } from './caller.ts'
import type { IssuedToken } from './ledger.ts'
import type { Operation } from './scenario.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Simulation } from './simulation.ts'

/** Those who want tokens, and the APIs that they call with them. */
export class Callers {
  /** Calls that have not ended. */
  readonly waiting: Set<ManagerCall> = new Set()
  readonly #simulation: Simulation
  #serial = 0

  constructor(simulation: Simulation) {
    this.#simulation = simulation
  }

  schedule(operation: Operation): void {
    const { scheduler } = this.#simulation
    const random = this.#simulation.random.fork(`operation ${operation.id}`)
    for (let caller = 0; caller < operation.callers; caller += 1) {
      const delayMs = operation.at + (caller === 0 ? 0 : random.int(0, operation.spreadMs))
      const abortAfterMs = caller === 0 ? operation.abortAfterMs : undefined
      scheduler.after(delayMs, undefined, () => {
        const process = this.#simulation.processes[operation.process]
        if (process?.alive === true) scheduler.after(0, process, () => this.#perform(process, operation, abortAfterMs))
      })
    }
  }

  forget(process: SimulatedProcess): void {
    for (const call of this.waiting) if (call.process === process) this.waiting.delete(call)
  }

  /** A call whose end is looked at. */
  call(process: SimulatedProcess, kind: CallKind, { rejected, abortAfterMs, onEnd }: CallDetails = {}): void {
    const { scheduler, trace, invariants } = this.#simulation
    this.#serial += 1
    const call: ManagerCall = {
      id: this.#serial,
      process,
      kind,
      startedAt: scheduler.now,
      stalledBeforeMs: process.stalledTotalMs,
      rejected: rejected?.value,
      abort: abortAfterMs === undefined ? undefined : new AbortController(),
      aborted: false,
      expected: invariants.waits.expected(process, kind)?.value,
      settled: false,
    }
    trace.line(() => `${process.name}: ${kind} #${call.id}${rejected === undefined ? '' : ` instead of ${rejected.value}`}`)
    this.waiting.add(call)
    if (call.abort !== undefined) scheduler.after(abortAfterMs ?? 0, process, () => this.#abort(call))
    begin(call).then(
      (token) => this.#end(call, token?.accessToken, undefined, onEnd),
      (error: unknown) => this.#end(call, undefined, error, onEnd),
    )
  }

  #abort(call: ManagerCall): void {
    if (call.settled) return
    this.#simulation.trace.line(() => `${call.process.name}: ${call.kind} #${call.id} is aborted`)
    call.aborted = true
    call.abort?.abort(new DOMException(`call ${call.id} is aborted`, 'AbortError'))
  }

  #end(call: ManagerCall, value: string | undefined, error: unknown, onEnd: CallDetails['onEnd']): void {
    const { process } = call
    call.settled = true
    if (!this.waiting.delete(call) || !process.alive) return
    const { trace, invariants, ledger } = this.#simulation
    trace.line(() => `${process.name}: ${call.kind} #${call.id} ends: ${value ?? (error === undefined ? 'done' : String(error))}`)
    if (error !== undefined) invariants.waits.onSettled(call, error)
    if (value !== undefined) {
      invariants.handOuts.check(call, value)
      process.hand(ledger.token(value))
    }
    onEnd?.(ledger.token(value), error)
  }

  #perform(process: SimulatedProcess, { kind, apiDelayMs }: Operation, abortAfterMs: number | undefined): void {
    if (process.closing) return
    const use = (token: IssuedToken | undefined): void => this.#use(process, token, apiDelayMs, true)
    const rejected = process.random.chance(0.5) ? process.handed : process.earlier
    if (kind === 'invalidate') process.noteInvalidated()
    if (kind === 'revoke') process.noteRevoked(1)
    if (kind === 'force') process.noteForced()
    if (kind === 'peek') this.#peek(process)
    else if (kind === 'get') this.call(process, 'getToken', { abortAfterMs })
    else if (kind === 'use') this.call(process, 'getToken', { abortAfterMs, onEnd: use })
    else if (kind === 'force') this.call(process, 'forceRefresh', { abortAfterMs, onEnd: () => process.noteForced() })
    else if (kind === 'invalidate') this.#invalidate(process, abortAfterMs)
    else if (kind === 'revoke') this.call(process, 'revokeToken', { abortAfterMs, onEnd: () => process.noteRevoked(-1) })
    else if (rejected === undefined) this.call(process, 'getToken')
    else this.#replace(process, rejected, abortAfterMs, apiDelayMs)
  }

  #invalidate(process: SimulatedProcess, abortAfterMs: number | undefined): void {
    const startedAt = this.#simulation.scheduler.now
    const onEnd = (_: unknown, error: unknown): void => {
      if (error === undefined) process.noteForgotten(startedAt)
    }
    this.call(process, 'invalidateToken', { abortAfterMs, onEnd })
  }

  /** Calls an API; on a 401 once more with another token. */
  #use(process: SimulatedProcess, token: IssuedToken | undefined, apiDelayMs: number, mayRetry: boolean): void {
    const { scheduler, provider, faults, trace } = this.#simulation
    if (token === undefined) return
    scheduler.after(apiDelayMs / 2, undefined, () => {
      if (provider.accepts(token) && !faults.apiRejects) return
      scheduler.after(apiDelayMs / 2, process, () => {
        trace.line(() => `${process.name}: 401 for ${token.value}`)
        if (mayRetry && !process.closing) this.#replace(process, token, undefined, apiDelayMs)
      })
    })
  }

  #replace(process: SimulatedProcess, rejected: IssuedToken, abortAfterMs: number | undefined, apiDelayMs: number): void {
    process.rejected.add(rejected.value)
    const onEnd = (token: IssuedToken | undefined): void => this.#use(process, token, apiDelayMs, false)
    this.call(process, 'replaceToken', { rejected, abortAfterMs, onEnd })
  }

  #peek(process: SimulatedProcess): void {
    const { invariants, scheduler } = this.#simulation
    const token = process.manager.peekToken()
    if (token === undefined) return
    const call: ManagerCall = {
      id: 0,
      process,
      kind: 'getToken',
      startedAt: scheduler.now,
      stalledBeforeMs: 0,
      rejected: undefined,
      abort: undefined,
      aborted: false,
      expected: undefined,
      settled: true,
    }
    invariants.handOuts.check(call, token.accessToken)
  }
}

interface CallDetails {
  readonly rejected?: IssuedToken | undefined
  readonly abortAfterMs?: number | undefined
  readonly onEnd?: ((token: IssuedToken | undefined, error: unknown) => void) | undefined
}

async function begin({ process, kind, rejected, abort }: ManagerCall): Promise<{ readonly accessToken: string } | undefined> {
  const { manager } = process
  const options = abort === undefined ? undefined : { signal: abort.signal }
  switch (kind) {
    case 'getToken':
      return manager.getToken(options)
    case 'replaceToken':
      return manager.replaceToken({ accessToken: rejected ?? '' }, options)
    case 'forceRefresh':
      return manager.forceRefresh(options)
    case 'invalidateToken':
      await manager.invalidateToken(options)
      return undefined
    case 'revokeToken':
      await manager.revokeToken(options)
      return undefined
    case 'close':
      await manager.close()
      return undefined
  }
}
