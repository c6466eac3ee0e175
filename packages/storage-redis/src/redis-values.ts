import type { StoredToken, TokenData } from '@requestforge/oauth'
import type { ValueCipher } from './encryption.ts'
import { messageOf } from './redis-outage.ts'
import { readNumber, readText } from './redis-reply.ts'
import type { StorageEvents } from './storage-events.ts'
import { decodeValue, encodeValue } from './stored-value.ts'

/** Writes tokens as Redis keeps them, and reads them again: what cannot be read is a miss and an event. */
export class RedisValues {
  readonly #cipher: ValueCipher | undefined
  readonly #events: StorageEvents

  constructor(cipher: ValueCipher | undefined, events: StorageEvents) {
    this.#cipher = cipher
    this.#events = events
  }

  encode(redisKey: string, token: TokenData): Promise<string> {
    return encodeValue(token, redisKey, this.#cipher, Date.now())
  }

  /** Reads a script's answer: token, writtenAt, now. */
  async read(redisKey: string, [token, writtenAt, now]: readonly unknown[]): Promise<TokenData | undefined> {
    const text = readText(token)
    if (text === undefined) return undefined
    try {
      const raw = { text, writtenAt: readNumber(writtenAt), now: readNumber(now) }
      return await decodeValue(raw, redisKey, this.#cipher, Date.now())
    } catch (error) {
      this.#events.emit('unreadable', { key: redisKey, reason: messageOf(error) })
      return undefined
    }
  }

  async readVersioned(redisKey: string, version: unknown, reply: readonly unknown[]): Promise<StoredToken | undefined> {
    const token = await this.read(redisKey, reply)
    return token === undefined ? undefined : { token, version: readNumber(version) }
  }
}
