import type { Clock } from './clock.ts'
import type { TimeoutPhase } from './errors/transport-errors.ts'

/** Something in progress that ends at once when it is told to. */
export interface Interruptible {
  /** Whether it only waits: then closing the client ends it at once. */
  readonly isWaiting: boolean
  readonly phase?: TimeoutPhase | undefined
  /** What it waits for, in words. */
  readonly awaited: string
  /** Whether it is a body that is handed over and still open. */
  readonly isStreaming?: boolean
  interrupt(reason: unknown): void
}

/** A wait of a given length. It keeps the process alive, because somebody waits for what comes after. */
export class Pause implements Interruptible {
  readonly isWaiting = true
  readonly awaited = 'the next try'
  readonly over: Promise<void>
  interrupt: (reason: unknown) => void = () => undefined

  constructor(clock: Clock, delayMs: number) {
    this.over = new Promise((resolve, reject) => {
      const timer = clock.setTimeout(resolve, delayMs, true)
      this.interrupt = (reason) => {
        clock.clearTimeout(timer)
        reject(reason)
      }
    })
  }
}

/** A wait for something of the user's that cannot be interrupted itself. */
export class Race<T> implements Interruptible {
  readonly isWaiting = false
  readonly phase: TimeoutPhase | undefined
  readonly awaited: string
  readonly over: Promise<T>
  interrupt: (reason: unknown) => void = () => undefined

  constructor(work: PromiseLike<T>, phase?: TimeoutPhase) {
    this.phase = phase
    this.awaited = phase === undefined ? 'a hook or middleware' : 'the schema'
    this.over = new Promise((resolve, reject) => {
      this.interrupt = reject
      work.then(resolve, reject)
    })
  }
}
