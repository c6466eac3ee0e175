/** No answer came in time. */
export class DeadlineError extends Error {
  override readonly name: string = 'DeadlineError'
}

/** A timer that comes later than this, in milliseconds, tells of a process that was held up. */
const heldUpMs = 10

/** How a wait is limited. */
export interface Deadline<T> {
  readonly limitMs: number
  readonly what: string
  /** Gets what comes after the deadline, which may have to be given back. */
  readonly onLate?: ((value: T) => void) | undefined
  /** Somebody awaits it, so the process stays until then. */
  readonly keepsAlive: boolean
}

/**
 * Rejects with a DeadlineError when the time is up, and aborts the signal, so that what was not sent by then is not sent later. A client's own
 * settings do not end a command that a hung server has taken.
 *
 * Boundary: while this process itself is held up, answers wait in its sockets. So the time that a timer comes late is given once more.
 */
export function withDeadline<T>(work: (signal: AbortSignal) => Promise<T>, deadline: Deadline<T>): Promise<T> {
  const { limitMs, what, onLate, keepsAlive } = deadline
  return new Promise((resolve, reject) => {
    const over = new AbortController()
    const start = keepsAlive ? startTimer : startBackgroundTimer
    const dueAt = performance.now() + limitMs
    const giveUp = (): void => {
      over.abort(new DeadlineError(`redis did not answer ${what} within ${limitMs} ms`))
      reject(over.signal.reason)
    }
    const timeUp = (): void => {
      const lagMs = Math.min(performance.now() - dueAt, limitMs)
      if (lagMs > heldUpMs) stop = start(giveUp, lagMs)
      else giveUp()
    }
    let stop = start(timeUp, limitMs)
    work(over.signal).then(
      (value) => {
        stop()
        if (over.signal.aborted) onLate?.(value)
        else resolve(value)
      },
      (error: unknown) => {
        stop()
        reject(error)
      },
    )
  })
}

/** A timer that keeps the process alive. Returns the way to stop it. */
function startTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs)
  return () => clearTimeout(timer)
}

/** A timer that does not keep the process alive. Returns the way to stop it. */
export function startBackgroundTimer(callback: () => void, delayMs: number): () => void {
  const timer: unknown = setTimeout(callback, delayMs)
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref()
  return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]) // what setTimeout gave
}
