import type { CommitResult, ReleaseOutcome, RenewalLease, StoredToken, TokenData } from '@requestforge/oauth'
import type { RedisCalls, ScriptCall } from './redis-calls.ts'
import { readArray, readNumber, readText } from './redis-reply.ts'
import {
  commitScript,
  durationArgument,
  extendScript,
  flagArgument,
  keepArgument,
  type RedisScript,
  releaseScript,
  spendScript,
} from './redis-scripts.ts'
import type { RedisValues, StandingValue } from './redis-values.ts'

/** What a lease is made of. */
export interface LeaseParts extends StandingValue {
  readonly calls: RedisCalls
  readonly values: RedisValues
  readonly redisKey: string
  readonly owner: string
  readonly newerThan: number
  readonly version: number
  readonly inDoubt: boolean
}

/** The right, for a short time, to renew one token. */
export class RedisLease implements RenewalLease {
  readonly stored: StoredToken | undefined
  readonly unreadable: boolean
  readonly inDoubt: boolean
  readonly version: number
  readonly #parts: LeaseParts
  #base: number
  /** The same for the same token: a commit whose answer was lost can be repeated. */
  #lastCommit: { readonly tokens: string; readonly id: string } | undefined

  constructor(parts: LeaseParts) {
    this.stored = parts.stored
    this.unreadable = parts.unreadable
    this.inDoubt = parts.inDoubt
    this.version = parts.version
    this.#parts = parts
    this.#base = parts.version
  }

  async extend(leaseMs: number): Promise<boolean> {
    const args = [this.#parts.owner, durationArgument(leaseMs)]
    return readNumber(await this.#run(extendScript, args, { insists: true, isBackground: true })) === 1
  }

  async markSpent(): Promise<boolean> {
    return readNumber(await this.#run(spendScript, [this.#parts.owner, String(this.#base)])) === 1
  }

  async commit(token: TokenData, { keepForMs }: { readonly keepForMs?: number | undefined }): Promise<CommitResult> {
    const { owner, newerThan, values, redisKey } = this.#parts
    const id = this.#commitId(token)
    const rest = [keepArgument(keepForMs), id, String(this.#base), String(newerThan), owner]
    const args = async (): Promise<string[]> => [await values.encode(redisKey, token), ...rest]
    const [kind, version, ...standing] = readArray(await this.#run(commitScript, args, { insists: true }))
    if (readText(kind) !== 'committed') return { committed: false, ...(await values.readVersioned(redisKey, version, standing)) }
    this.#base = readNumber(version)
    return { committed: true, version: this.#base }
  }

  async release({ unspent, failure, retryInMs = 0, quiet }: ReleaseOutcome = {}): Promise<void> {
    const told = failure === undefined ? '' : JSON.stringify(failure)
    const args = [this.#parts.owner, flagArgument(unspent), told, durationArgument(retryInMs), flagArgument(quiet)]
    await this.#run(releaseScript, args)
  }

  #commitId({ accessToken, refreshToken }: TokenData): string {
    const tokens = `${accessToken}\n${refreshToken ?? ''}`
    if (this.#lastCommit?.tokens !== tokens) this.#lastCommit = { tokens, id: crypto.randomUUID() }
    return this.#lastCommit.id
  }

  #run(script: RedisScript, args: ScriptCall['args'], how: Pick<ScriptCall, 'insists' | 'isBackground'> = {}): Promise<unknown> {
    return this.#parts.calls.run({ script, key: this.#parts.redisKey, args, ...how })
  }
}
