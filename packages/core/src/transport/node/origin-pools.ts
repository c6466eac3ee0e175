import { type Dispatcher, Pool } from 'undici'
import { connectTimeoutMs } from '../connection-failure.ts'
import type { PoolOptions } from '../transport.ts'
import { dispatcherThroughProxy, proxyFor } from './environment-proxy.ts'

/** One pool for each origin; the one that was left alone longest is closed when there are too many. */
export class OriginPools {
  readonly #pools = new Map<string, Dispatcher>()
  readonly #options: PoolOptions
  #lastOrigin = ''
  #lastPool: Dispatcher | undefined

  constructor(options: PoolOptions) {
    this.#options = options
  }

  poolFor(origin: string): Dispatcher {
    if (origin === this.#lastOrigin && this.#lastPool !== undefined) return this.#lastPool
    const pool = this.#pools.get(origin) ?? this.#open(origin)
    // A Map keeps the order of insertion: the first key is the one used least recently.
    this.#pools.delete(origin)
    this.#pools.set(origin, pool)
    this.#lastOrigin = origin
    this.#lastPool = pool
    return pool
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    this.#lastPool = undefined
    await Promise.all(pools.map((pool) => pool.destroy()))
  }

  #open(origin: string): Dispatcher {
    const [oldest] = this.#pools
    if (oldest !== undefined && this.#pools.size >= this.#options.connections) {
      this.#pools.delete(oldest[0])
      // Requests that are on their way in it are finished first; nothing can be done about a failure to say goodbye.
      oldest[1].close().catch(() => undefined)
    }
    const poolOptions: Pool.Options = {
      connections: this.#options.maxsize,
      // Our own time-outs are exact and cost one timer; undici's are coarse and would come on top.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: connectTimeoutMs },
    }
    const proxy = proxyFor(origin, process.env)
    return proxy === undefined ? new Pool(origin, poolOptions) : dispatcherThroughProxy(proxy, origin, poolOptions)
  }
}
