import { withDeadline } from './deadline.ts'
import { GivenConnection } from './given-connection.ts'
import { OwnConnection } from './own-connection.ts'
import { type AnyRedisClient, sendCommand } from './redis-client.ts'
import type { ConnectionWatcher, RedisConnection } from './redis-connection.ts'
import { messageOf, RedisOutage } from './redis-outage.ts'
import { discardForeignScript, type RedisScript, settlingMs } from './redis-scripts.ts'
import type { StorageEvents } from './storage-events.ts'
import { Subscriptions } from './subscriptions.ts'

/** For so long, in milliseconds, each return of a Redis that goes away again and again counts. */
const longestUnrestMs = 30_000

/** One script on one key. */
export interface ScriptCall {
  readonly script: RedisScript
  readonly key: string
  /** Those that take time to make are made within the call, so that `close()` waits for them too. */
  readonly args: readonly string[] | (() => Promise<readonly string[]>)
  /** Made even while Redis is left alone: what it is for cannot wait. */
  readonly insists?: boolean | undefined
  /** Nobody waits for it: the next call decides whether Redis is to be left alone. */
  readonly isBackground?: boolean | undefined
  /** Gets an answer that came after the deadline. */
  readonly onLate?: ((reply: unknown) => void) | undefined
}

/** All that goes to Redis: each call ends in time, and none is made while Redis is known to be away. */
export class RedisCalls {
  readonly subscriptions: Subscriptions
  readonly #events: StorageEvents
  readonly #timeoutMs: number
  readonly #connection: RedisConnection
  readonly #outage: RedisOutage
  readonly #digests = new Map<string, Promise<string>>()
  readonly #pending = new Set<Promise<unknown>>()
  #closed: Promise<void> | undefined
  #isReady = false
  #backSince: number | undefined
  /** When it came back first of the times that followed soon on each other. */
  #restlessSince = Number.NEGATIVE_INFINITY

  constructor(target: string | AnyRedisClient, events: StorageEvents, timeoutMs: number) {
    this.#events = events
    this.#timeoutMs = timeoutMs
    const isUrl = typeof target === 'string'
    this.#outage = new RedisOutage(events, isUrl ? 'url' : 'client', !isUrl && 'slots' in target)
    const watcher: ConnectionWatcher = {
      onReady: () => {
        if (this.#isReady || this.#outage.isAway) this.#noteReturn()
        this.#isReady = true
        this.#outage.recover()
        this.subscriptions.resume()
      },
      onTrouble: (error) => {
        if (this.#closed === undefined) this.#outage.note(error)
      },
    }
    this.#connection = isUrl ? new OwnConnection(target, watcher, timeoutMs) : new GivenConnection(target, watcher)
    this.subscriptions = new Subscriptions(() => this.#connection.subscriber(), watcher.onTrouble)
  }

  /** For how long Redis is back that was away, in milliseconds: 0 until it has answered again. Undefined: it never was. */
  get backForMs(): number | undefined {
    if (this.#outage.isAway) return 0
    return this.#backSince === undefined ? undefined : performance.now() - this.#backSince
  }

  /** @throws ConfigurationError if Redis refuses the user or its client is missing; Error if there is no good answer in time */
  run(call: ScriptCall): Promise<unknown> {
    const running = this.#run(call)
    this.#pending.add(running)
    const settle = (): void => void this.#pending.delete(running)
    running.then(settle, settle)
    return running
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.subscriptions.close()
    // They end in time, well or not.
    await Promise.allSettled(this.#pending)
    this.#connection.close()
  }

  async #run(call: ScriptCall): Promise<unknown> {
    if (this.#closed !== undefined) throw new Error('the Redis token storage is closed')
    if (call.insists !== true) this.#outage.check()
    await this.#connection.prepared
    const { script, key, onLate } = call
    const args = typeof call.args === 'function' ? await call.args() : call.args
    try {
      const reply = await withDeadline((signal) => this.#evaluate(script, key, args, signal), {
        limitMs: this.#timeoutMs,
        what: script.name,
        onLate: (late) => {
          this.#succeed(script)
          onLate?.(late)
        },
        keepsAlive: call.isBackground !== true,
      })
      this.#succeed(script)
      return reply
    } catch (error) {
      this.#connection.suspect()
      throw this.#outage.fail(error, call.isBackground !== true)
    }
  }

  #succeed(script: RedisScript): void {
    const wasAway = this.#outage.isAway
    this.#outage.succeed(script.writes)
    if (!wasAway || this.#outage.isAway) return
    this.#noteReturn()
    // Notices may have been missed meanwhile.
    this.subscriptions.resume()
  }

  /** A Redis that goes away again and again is taken for settled now and then: who waits until it is would wait for ever. */
  #noteReturn(): void {
    const now = performance.now()
    if (now - (this.#backSince ?? Number.NEGATIVE_INFINITY) > 2 * settlingMs) this.#restlessSince = now
    if (now - this.#restlessSince < longestUnrestMs) this.#backSince = now
  }

  async #evaluate(script: RedisScript, key: string, args: readonly string[], signal: AbortSignal): Promise<unknown> {
    const client = await this.#connection.client(signal)
    const send = (what: RedisScript, given: readonly string[]): Promise<unknown> => this.#send(client, what, key, given, signal)
    try {
      return await send(script, args)
    } catch (error) {
      if (!/\bWRONGTYPE\b/.test(messageOf(error))) throw error
      this.#events.emit('unreadable', { key, reason: 'it is of another type than this storage writes' })
      if (!script.writes) return []
      await send(discardForeignScript, [])
      return send(script, args)
    }
  }

  async #send(
    client: AnyRedisClient,
    script: RedisScript,
    key: string,
    args: readonly string[],
    signal: AbortSignal,
  ): Promise<unknown> {
    const digest = await this.#digest(script)
    try {
      return await sendCommand(client, key, ['EVALSHA', digest, '1', key, ...args], signal)
    } catch (error) {
      if (!/^NOSCRIPT\b/.test(messageOf(error))) throw withoutArguments(error)
      return sendCommand(client, key, ['EVAL', script.source, '1', key, ...args], signal)
    }
  }

  #digest({ name, source }: RedisScript): Promise<string> {
    const known = this.#digests.get(name)
    if (known !== undefined) return known
    const digest = sha1(source)
    this.#digests.set(name, digest)
    return digest
  }
}

/** Redis repeats what came with a command that it does not know: the token may be in it. */
function withoutArguments(error: unknown): unknown {
  const [said = '', repeated] = messageOf(error).split(/, with args beginning with:/i)
  return repeated === undefined ? error : new Error(said)
}

/** How Redis names a script: no secret is protected by it. */
async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
