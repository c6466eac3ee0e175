import { Call } from './call.ts'
import { TotalTime } from './total-time.ts'
import { untilAborted } from './until-aborted.ts'

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
  try {
    return await untilAborted(wait.race(work, 'body'), settings.signal)
  } finally {
    totalTime?.stop()
    registry?.delete(wait)
  }
}
