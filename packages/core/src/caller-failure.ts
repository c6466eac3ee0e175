import { thrownMember } from './thrown-member.ts'

/** What code of the caller's own threw in the middle of a transfer: it reaches the caller as it is, and is no failure of the network. */
export class CallerFailure extends Error {
  override readonly name: string = 'CallerFailure'

  constructor(cause: unknown) {
    super('code of the caller failed', { cause })
  }
}

/** The caller's own failure in a chain of causes, if it is there. */
export function callerFailureIn(error: unknown): CallerFailure | undefined {
  for (let current = error, depth = 0; depth < 5; current = thrownMember(current, 'cause'), depth++)
    if (current instanceof CallerFailure) return current
  return undefined
}
