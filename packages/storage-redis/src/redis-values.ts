import type { StoredToken, TokenData } from '@requestforge/oauth'
import type { ValueCipher } from './encryption.ts'
import { messageOf } from './redis-outage.ts'
import { readNumber, readText } from './redis-reply.ts'
import type { StorageEvents } from './storage-events.ts'
import { decodeValue, encodeValue } from './stored-value.ts'

/** What stands in Redis. What cannot be read here is no token, and yet no removal: others may have the key to it. */
export interface StandingValue {
  readonly stored: StoredToken | undefined
  readonly unreadable: boolean
}

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
  async read(redisKey: string, reply: readonly unknown[]): Promise<TokenData | undefined> {
    return (await this.readVersioned(redisKey, 0, reply)).stored?.token
  }

  async readVersioned(redisKey: string, version: unknown, [token, writtenAt, now]: readonly unknown[]): Promise<StandingValue> {
    const text = readText(token)
    if (text === undefined) return { stored: undefined, unreadable: false }
    try {
      const raw = { text, writtenAt: readNumber(writtenAt), now: readNumber(now) }
      const decoded = await decodeValue(raw, redisKey, this.#cipher, Date.now())
      return { stored: { token: decoded, version: readNumber(version) }, unreadable: false }
    } catch (error) {
      this.#events.emit('unreadable', { key: redisKey, reason: messageOf(error) })
      return { stored: undefined, unreadable: true }
    }
  }
}
