import { Call } from './call.ts'
import { closedCall } from './call-registry.ts'
import { TotalTime } from './total-time.ts'
import { untilAborted } from './until-aborted.ts'

/** What is in memory can be read when the client is closed, too; but no closing comes any more that would end the wait. In milliseconds. */
const graceMs = 10_000

/**
 * Waits for something of the user's that is done with a response. Its call is over as a rule, and nothing ends it any more; so the wait is a
 * call of its own, with as much time as the first had: an abort, `totalTimeoutMs` and the closing of the client end it.
 */
export async function afterCall<T>(work: PromiseLike<T>, call: Call): Promise<T> {
  const { request, settings, clock, registry } = call
  const wait = new Call(request, settings, clock)
  wait.attempts = call.attempts
  const totalTime = call.totalTimeoutMs === undefined ? undefined : new TotalTime(wait, call.totalTimeoutMs)
  registry?.add(wait)
  const grace = registry?.isClosed === true ? clock.setTimeout(() => wait.cancel(closedCall(wait)), graceMs) : undefined
  try {
    return await untilAborted(wait.race(work, 'body'), settings.signal)
  } finally {
    totalTime?.stop()
    if (grace !== undefined) clock.clearTimeout(grace)
    registry?.delete(wait)
  }
}
