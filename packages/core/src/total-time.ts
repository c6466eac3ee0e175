import { timeoutError } from './attempt.ts'
import type { Call } from './call.ts'

/** Cancels a call that is not over in time; returns what ends the watch. */
export function limitTotalTime(call: Call, totalTimeoutMs: number | undefined): (() => void) | undefined {
  if (totalTimeoutMs === undefined || totalTimeoutMs === 0) return undefined
  call.totalTimeoutMs = totalTimeoutMs
  call.deadline = call.startedAt + totalTimeoutMs
  const expire = (): void => {
    const { attempts, elapsedMs, phase } = call
    const error = timeoutError(call.request, 'totalTimeoutMs', { phase, timeoutMs: totalTimeoutMs, elapsedMs, attempts })
    call.cancel(call.failedWith(error))
  }
  const timer = call.clock.setTimeout(expire, totalTimeoutMs, true)
  return () => call.clock.clearTimeout(timer)
}
