import type { AnyRedisClient } from './redis-client.ts'

/** The way to Redis, made here or given by the user. */
export interface RedisConnection {
  /** What has to be there before calls can be timed; rejects if it is missing. */
  readonly prepared: Promise<unknown>
  /** A client that can be sent to. Rejects while there is none, or when nobody waits for it any more. */
  client(signal: AbortSignal): Promise<AnyRedisClient>
  /** A client that can be subscribed with: the same, or another. */
  subscriber(): Promise<AnyRedisClient>
  /** Told when a call was not answered in time. */
  suspect(): void
  close(): void
}

/** Who wants to know how a connection fares. */
export interface ConnectionWatcher {
  /** It stands, for the first time or again. */
  onReady(): void
  onTrouble(error: unknown): void
}
