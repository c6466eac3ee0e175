import type { RenewalCoordinator, TokenData, TokenStorage } from '@requestforge/oauth'
import { ValueCipher } from './encryption.ts'
import { RedisCalls } from './redis-calls.ts'
import { RedisCoordinator } from './redis-coordinator.ts'
import { redisKeyOf } from './redis-key.ts'
import { readArray } from './redis-reply.ts'
import { deleteScript, keepArgument, readScript, setScript } from './redis-scripts.ts'
import { RedisValues } from './redis-values.ts'
import { type RedisTokenStorageEvents, StorageEvents } from './storage-events.ts'
import { checkOptions, type RedisTokenStorageOptions } from './storage-options.ts'

const defaults = { keyPrefix: 'requestforge', timeoutMs: 250 } as const

/** Tokens on Redis 6.2 or later, or Valkey, shared by processes: one of them renews, all get the token. */
export class RedisTokenStorage implements TokenStorage {
  readonly coordinator: RenewalCoordinator
  readonly #keyPrefix: string
  readonly #events = new StorageEvents()
  readonly #values: RedisValues
  readonly #calls: RedisCalls

  /** @throws ConfigurationError that names the option and says what it wants */
  constructor(options: RedisTokenStorageOptions) {
    checkOptions(options)
    const { keyPrefix = defaults.keyPrefix, timeoutMs = defaults.timeoutMs, encryption, url, client } = options
    this.#keyPrefix = keyPrefix
    this.#values = new RedisValues(encryption === undefined ? undefined : new ValueCipher(encryption), this.#events)
    this.#calls = new RedisCalls(client ?? String(url), this.#events, timeoutMs)
    this.coordinator = new RedisCoordinator(keyPrefix, this.#calls, this.#values)
  }

  /** Listens. Returns the way to stop. @throws ConfigurationError for an event that there is not, or a listener that is no function */
  on<Name extends keyof RedisTokenStorageEvents>(
    event: Name,
    listener: (detail: RedisTokenStorageEvents[Name]) => void,
  ): () => void {
    return this.#events.on(event, listener)
  }

  async get(key: string): Promise<TokenData | undefined> {
    const redisKey = redisKeyOf(this.#keyPrefix, key)
    const reply = await this.#calls.run({ script: readScript, key: redisKey, args: [] })
    return this.#values.read(redisKey, readArray(reply))
  }

  async set(key: string, token: TokenData, options: { readonly keepForMs?: number | undefined } = {}): Promise<void> {
    const redisKey = redisKeyOf(this.#keyPrefix, key)
    const keepFor = keepArgument(options.keepForMs)
    const args = async (): Promise<string[]> => [await this.#values.encode(redisKey, token), keepFor, crypto.randomUUID()]
    await this.#calls.run({ script: setScript, key: redisKey, args })
  }

  async delete(key: string): Promise<void> {
    await this.#calls.run({ script: deleteScript, key: redisKeyOf(this.#keyPrefix, key), args: [] })
  }

  /** Ends the subscriptions, and the connection that was made for a `url`. A `client` of yours stays open. */
  close(): Promise<void> {
    return this.#calls.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
