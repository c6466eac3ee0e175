import type { buildConnector, Dispatcher, Pool } from 'undici'
import { proxyUrl, type TlsOptions } from '../../connection-options.ts'
import type { PoolOptions } from '../transport.ts'
import { dispatcherThroughProxy, proxyFor } from './environment-proxy.ts'
import { patientPool } from './pool-client.ts'
import { Sockets } from './sockets.ts'

type ConnectionTls = buildConnector.BuildOptions

/** As Node takes it: bytes as buffers, and nothing that is undefined. */
function nodeTls(tls: TlsOptions = {}): ConnectionTls {
  const buffered = (value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value) : value)
  const given = Object.entries(tls).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, Array.isArray(value) ? value.map(buffered) : buffered(value)]))
}

/** One pool for each origin; the one that was left alone longest is closed when there are too many. */
export class OriginPools {
  readonly #pools = new Map<string, Dispatcher>()
  readonly #options: PoolOptions
  readonly #tls: ConnectionTls
  readonly #sockets = new Sockets()
  #lastOrigin = ''
  #lastPool: Dispatcher | undefined

  constructor(options: PoolOptions) {
    this.#options = options
    this.#tls = nodeTls(options.tls)
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
    this.#sockets.destroy()
  }

  /** The proxy that an origin is asked through. */
  #proxyFor(origin: string): URL | undefined {
    const { proxy } = this.#options
    if (proxy === undefined) return proxyFor(origin, process.env)
    return proxy === false ? undefined : proxyUrl(proxy)
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
    }
    const allowH2 = this.#options.http2 === true
    const tls = { ...this.#tls, allowH2 }
    const proxy = this.#proxyFor(origin)
    if (proxy !== undefined) return dispatcherThroughProxy(proxy, origin, { poolOptions, tls, sockets: this.#sockets })
    return patientPool(origin, { ...poolOptions, allowH2, connect: this.#sockets.connector(tls) })
  }
}
