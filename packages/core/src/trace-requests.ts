import type { CallHandler } from './call.ts'
import { createTracer } from './diagnostics.ts'
import type { Send } from './send-attempt.ts'

/** Publishes each call on the tracing channel `requestforge:request`. */
export function traceRequests(next: CallHandler): CallHandler {
  const tracer = createTracer('request')
  if (tracer === undefined) return next
  return (request, call) => (tracer.isActive ? tracer.trace(request, undefined, () => next(request, call)) : next(request, call))
}

/** Publishes each send on the tracing channel `requestforge:attempt`. */
export function traceAttempts(next: Send): Send {
  const tracer = createTracer('attempt')
  if (tracer === undefined) return next
  return (request, call, replacement) =>
    tracer.isActive
      ? tracer.trace(request, call.attempts + 1, () => next(request, call, replacement))
      : next(request, call, replacement)
}
