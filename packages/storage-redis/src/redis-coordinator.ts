import type { Claim, ClaimRequest, RenewalCoordinator } from '@requestforge/oauth'
import type { RedisCalls } from './redis-calls.ts'
import { redisKeyOf } from './redis-key.ts'
import { RedisLease } from './redis-lease.ts'
import { readArray, readFailure, readNumber, readText } from './redis-reply.ts'
import { claimScript, durationArgument, flagArgument, releaseScript, removeScript } from './redis-scripts.ts'
import type { RedisValues } from './redis-values.ts'

/** Who may renew, decided by scripts in Redis. */
export class RedisCoordinator implements RenewalCoordinator {
  readonly #keyPrefix: string
  readonly #calls: RedisCalls
  readonly #values: RedisValues

  constructor(keyPrefix: string, calls: RedisCalls, values: RedisValues) {
    this.#keyPrefix = keyPrefix
    this.#calls = calls
    this.#values = values
  }

  async claim(key: string, request: ClaimRequest): Promise<Claim> {
    const redisKey = redisKeyOf(this.#keyPrefix, key)
    // A constant would let a holder that overslept end the lease of the next.
    const owner = crypto.randomUUID()
    const reply = await this.#ask(redisKey, owner, request)
    const [kind, ...rest] = readArray(reply)
    switch (readText(kind)) {
      case 'busy':
        return { kind: 'busy', retryInMs: readNumber(rest[0]) }
      case 'failed':
        return { kind: 'failed', failure: readFailure(rest[0]), retryInMs: readNumber(rest[1]) }
      case 'stored':
        return this.#hand(key, request, redisKey, rest)
      default:
        return this.#lend(request, redisKey, owner, rest)
    }
  }

  async remove(key: string, version: number): Promise<boolean> {
    const removed = await this.#calls.run({
      script: removeScript,
      key: redisKeyOf(this.#keyPrefix, key),
      args: [String(version)],
    })
    return readNumber(removed) === 1
  }

  subscribe(key: string, listener: () => void): () => void {
    return this.#calls.subscriptions.add(redisKeyOf(this.#keyPrefix, key), listener)
  }

  #ask(redisKey: string, owner: string, request: ClaimRequest): Promise<unknown> {
    const { backForMs } = this.#calls
    const args = [
      String(request.newerThan),
      durationArgument(request.leaseMs),
      owner,
      flagArgument(request.ignoreFailure),
      flagArgument(request.sendsNothing),
      backForMs === undefined ? '' : durationArgument(backForMs),
    ]
    const giveBack = (reply: unknown): void => {
      if (!Array.isArray(reply) || readText(reply[0]) !== 'leased') return
      // Nobody waits for this lease any more, and others should not have to wait for its end. If that fails, it ends by itself.
      this.#calls.run({ script: releaseScript, key: redisKey, args: [owner, '0', '', '0', '0'] }).catch(() => undefined)
    }
    return this.#calls.run({ script: claimScript, key: redisKey, args, onLate: giveBack })
  }

  async #hand(key: string, request: ClaimRequest, redisKey: string, reply: readonly unknown[]): Promise<Claim> {
    const [version, ...value] = reply
    const { stored } = await this.#values.readVersioned(redisKey, version, value)
    if (stored !== undefined) return { kind: 'stored', stored }
    // What cannot be read is a miss: whoever finds it may replace it. But it is not gone.
    const claim = await this.claim(key, { ...request, newerThan: readNumber(version) })
    return claim.kind === 'busy' || claim.kind === 'failed' ? { ...claim, unreadable: true } : claim
  }

  async #lend({ newerThan }: ClaimRequest, redisKey: string, owner: string, reply: readonly unknown[]): Promise<Claim> {
    const [version, token, writtenAt, now, spent] = reply
    const lease = new RedisLease({
      calls: this.#calls,
      values: this.#values,
      redisKey,
      owner,
      newerThan,
      version: readNumber(version),
      ...(await this.#values.readVersioned(redisKey, version, [token, writtenAt, now])),
      inDoubt: readNumber(spent) === 1,
    })
    return { kind: 'leased', lease }
  }
}
