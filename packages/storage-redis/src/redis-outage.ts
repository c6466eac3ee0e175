import { ConfigurationError, HttpClientError } from '@requestforge/core/errors'
import { DeadlineError } from './deadline.ts'
import type { StorageEvents } from './storage-events.ts'

/** For so long a Redis that did not answer is left alone, in milliseconds. */
const leaveAloneMs = 1_000

/** What Redis refuses for good, and how it says so. Inside scripts its words differ between its versions. */
const refusals: readonly (readonly [what: string, says: RegExp])[] = [
  ['this user', /^(WRONGPASS|NOAUTH|NOPERM)\b|-NOPERM\b|ACL failure in script|the user executing the script can't/i],
  ['the database', /DB index is out of range|invalid DB index|SELECT is not allowed in cluster mode/i],
  // Renamed there, or not known to a proxy before it.
  ['a command that the storage needs', /^(ERR )?unknown command|Unknown Redis command|^NOPROTO\b/i],
]
/** What a cluster says to a client that asks the wrong node. */
const elsewhere: (typeof refusals)[number] = [
  'a client of one node, where it is a cluster: it wants one by createCluster()',
  /^MOVED \d/,
]
/** An answer, if a bad one, such as `READONLY You can't write against a read only replica.` */
const answer = /^[A-Z]{3,} /

/** Knows whether Redis is away: then it is not asked for a while, and that is told once. */
export class RedisOutage {
  readonly #events: StorageEvents
  readonly #option: string
  readonly #refusals: typeof refusals
  #leftAlone: { readonly until: number; readonly error: unknown } | undefined
  #refused: ConfigurationError | undefined
  /** What does not work now. Reading may go on working where writing does not. */
  #lacks: 'everything' | 'writing' | undefined

  /** `option`: the one that a refusal is told of. `isCluster`: the client goes where it is sent. */
  constructor(events: StorageEvents, option: string, isCluster: boolean) {
    this.#events = events
    this.#option = option
    this.#refusals = isCluster ? refusals : [...refusals, elsewhere]
  }

  /** @throws what the last call failed with, while Redis is left alone */
  check(): void {
    if (this.#leftAlone === undefined) return
    const restMs = this.#leftAlone.until - performance.now()
    if (restMs <= 0) return
    if (this.#refused !== undefined) throw this.#refused
    const { error } = this.#leftAlone
    throw new Error(`redis is left alone for another ${Math.ceil(restMs)} ms: ${messageOf(error)}`, { cause: error })
  }

  /** Classes a call's failure. Returns what to reject with. `pauses`: Redis is left alone after it. */
  fail(thrown: unknown, pauses: boolean): unknown {
    if (thrown instanceof ConfigurationError) return thrown
    const error = harmless(thrown)
    const refused = this.#refusalIn(error) ?? (thrown instanceof DeadlineError ? this.#refused : undefined)
    const isAnswer = answer.test(messageOf(error))
    if (pauses && (refused !== undefined || !isAnswer)) this.#leaveAlone(error)
    if (refused !== undefined) return refused
    this.#tellAway(error, isAnswer ? 'writing' : 'everything')
    return error
  }

  /** Something went wrong in the background. */
  note(thrown: unknown): void {
    const error = harmless(thrown)
    if (this.#refusalIn(error) === undefined) this.#tellAway(error, 'everything')
  }

  succeed(writes: boolean): void {
    if (this.#lacks === 'writing' && !writes) return
    this.recover()
  }

  /** It answers, or there is a new connection to try. */
  recover(): void {
    this.#leftAlone = undefined
    this.#refused = undefined
    if (this.#lacks === undefined) return
    this.#lacks = undefined
    this.#events.emit('available', {})
  }

  get isAway(): boolean {
    return this.#lacks !== undefined
  }

  #leaveAlone(error: unknown): void {
    this.#leftAlone = { until: performance.now() + leaveAloneMs, error }
  }

  #refusalIn(error: unknown): ConfigurationError | undefined {
    const message = messageOf(error)
    const refused = this.#refusals.find(([, says]) => says.test(message))
    if (refused === undefined) return undefined
    this.#refused = new ConfigurationError(`redis refuses ${refused[0]}: ${message}`, { option: this.#option, cause: error })
    return this.#refused
  }

  #tellAway(error: unknown, lacks: 'everything' | 'writing'): void {
    if (this.#lacks !== undefined) return
    this.#lacks = lacks
    this.#events.emit('unavailable', { error })
  }
}

/**
 * Clients put the command that failed into their errors, with the token that was to be stored. Errors of the family let nothing but words and
 * codes into their causes.
 */
function harmless(thrown: unknown): unknown {
  return new HttpClientError('', { code: '', cause: thrown }).cause
}

/** An error's message, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
