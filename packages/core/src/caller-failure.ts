import { thrownMember } from './thrown-member.ts'

/** What code of the caller's own threw in the middle of a transfer: it reaches the caller as it is, and is no failure of the network. */
export class CallerFailure extends Error {
  override readonly name: string = 'CallerFailure'
  readonly #cause: unknown

  constructor(cause: unknown) {
    super('code of the caller failed', { cause })
    this.#cause = cause
  }

  /** Asks nothing of what was thrown: not even its prototype, which a proxy may refuse to tell. */
  static is(error: unknown): error is CallerFailure {
    return typeof error === 'object' && error !== null && #cause in error
  }
}

/** The caller's own failure in a chain of causes, if it is there. */
export function callerFailureIn(error: unknown): CallerFailure | undefined {
  for (let current = error, depth = 0; depth < 5; current = thrownMember(current, 'cause'), depth++)
    if (CallerFailure.is(current)) return current
  return undefined
}
