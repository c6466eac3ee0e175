import { HttpClientError } from './errors/http-client-error.ts'
import type { HttpRequest } from './handler.ts'
import { harmlessText } from './harmless-cause.ts'
import { nodeBuiltin } from './node-builtin.ts'
import { redactUrl } from './redaction.ts'
import { thrownMember } from './thrown-member.ts'

/** What subscribers of the tracing channels `requestforge:request` and `requestforge:attempt` are given: one object for all events of one. */
export interface RequestTrace {
  readonly method: string
  /** Without user info and query values. */
  readonly url: string
  /** 1 for the first send; absent on `requestforge:request`. */
  readonly attempt?: number | undefined
  /** Once an answer came, be it one that is thrown. */
  status?: number
  /** Once it failed: the name and the stable code, never the error itself, which knows headers and bodies. */
  error?: { readonly name: string; readonly code?: string | undefined }
}

interface Channel {
  readonly hasSubscribers: boolean
  publish(message: RequestTrace): void
  runStores<T>(message: RequestTrace, run: () => T): T
}

interface TracingChannel {
  readonly start: Channel
  readonly end: Channel
  readonly asyncStart: Channel
  readonly asyncEnd: Channel
  readonly error: Channel
}

interface DiagnosticsChannel {
  tracingChannel(name: string): TracingChannel
}

/** Tells the events of one kind of work to whoever listens; costs nothing while nobody does. */
export interface Tracer {
  readonly isActive: boolean
  trace<R extends { readonly status: number }>(
    request: HttpRequest,
    attempt: number | undefined,
    work: () => Promise<R>,
  ): Promise<R>
}

/** The tracing channel `requestforge:<kind>`, or undefined where the platform has none. */
export function createTracer(kind: 'request' | 'attempt'): Tracer | undefined {
  const diagnostics = nodeBuiltin('node:diagnostics_channel') as Partial<DiagnosticsChannel> | undefined
  const channel = diagnostics?.tracingChannel?.(`requestforge:${kind}`)
  if (channel === undefined) return undefined
  const { start, end, asyncStart, asyncEnd, error } = channel
  return {
    get isActive() {
      const isHeard = start.hasSubscribers || asyncEnd.hasSubscribers || end.hasSubscribers
      return isHeard || asyncStart.hasSubscribers || error.hasSubscribers
    },
    trace: ({ method, url }, attempt, work) => {
      const trace: RequestTrace = { method, url: redactUrl(url), ...(attempt !== undefined && { attempt }) }
      return traced(channel, trace, work)
    },
  }
}

/** As Node's own `tracePromise`: what subscribers bind to the start is there for all events, and for the work itself. */
function traced<R extends { readonly status: number }>(
  { start, end, asyncStart, asyncEnd, error }: TracingChannel,
  trace: RequestTrace,
  work: () => Promise<R>,
): Promise<R> {
  const over = (): void => {
    asyncStart.publish(trace)
    asyncEnd.publish(trace)
  }
  const succeeded = (response: R): R => {
    trace.status = response.status
    over()
    return response
  }
  const failed = (failure: unknown): never => {
    describe(failure, trace)
    error.publish(trace)
    over()
    throw failure
  }
  return start.runStores(trace, () => {
    const settled = work().then(succeeded, failed)
    end.publish(trace)
    return settled
  })
}

function describe(failure: unknown, trace: RequestTrace): void {
  const name = thrownMember(failure, 'name')
  const status = thrownMember(failure, 'status')
  trace.error = {
    name: typeof name === 'string' ? harmlessText(name) : typeof failure,
    ...(HttpClientError.isInstance(failure) && { code: failure.code }),
  }
  if (typeof status === 'number') trace.status = status
}
