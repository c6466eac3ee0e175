import { type buildConnector, Client, type Dispatcher, errors, Pool } from 'undici'

/** A request on its way to a connection. */
export interface ConnectionWait {
  /** Whether it was given up: then no connection is needed for it. */
  readonly isGivenUp: boolean
  /** Where its connection would be made; undefined as long as all are busy. */
  connecting: Connecting | undefined
}

/** What is asked of a dispatcher, and who waits for it: pools and proxies hand all of it on. */
export interface WaitingDispatch extends Dispatcher.DispatchOptions {
  readonly wait?: ConnectionWait | undefined
}

/** Where a connection is to go, and what ends the attempt to make it. */
export interface ConnectTarget extends buildConnector.Options {
  readonly signal?: AbortSignal | undefined
}

/** A pool whose connections are made only as long as the request is waited for that they are made for. */
export function patientPool(origin: string | URL, options: Pool.Options): Pool {
  return new Pool(origin, { ...options, factory: (url, clientOptions) => new PoolClient(url, clientOptions, new Connecting()) })
}

/** One connection of a pool, and the requests that wait for it: mostly one, because all others wait in the pool itself. */
class PoolClient extends Client {
  readonly #connecting: Connecting

  constructor(origin: URL, { connect, ...options }: Client.Options, connecting: Connecting) {
    super(origin, { ...options, ...(typeof connect === 'function' ? { connect: connecting.connector(connect) } : {}) })
    this.#connecting = connecting
  }

  override dispatch(options: WaitingDispatch, handler: Dispatcher.DispatchHandler): boolean {
    const { wait } = options
    if (wait !== undefined) {
      // It queued for its turn too long; the next one can have it.
      if (wait.isGivenUp) return true
      wait.connecting = this.#connecting
      this.#connecting.join()
    }
    return super.dispatch(options, handler)
  }
}

/** The attempts to make one connection of a pool, one after another, and for how many requests that is. */
export class Connecting {
  #attempt: AbortController | undefined
  #waitingCount = 0

  /** Makes connections as `connect` does, if somebody waits for one: undici asks for one for requests that were given up, too. */
  connector(connect: buildConnector.connector): buildConnector.connector {
    return (target, callback) => {
      if (this.#waitingCount === 0) return queueMicrotask(() => callback(this.#givenUp(), null))
      const attempt = new AbortController()
      const interruptible: ConnectTarget = { ...target, signal: attempt.signal }
      this.#attempt = attempt
      connect(interruptible, (...made) => {
        this.#attempt = undefined
        if (attempt.signal.aborted) callback(this.#givenUp(), null)
        else callback(...made)
      })
    }
  }

  join(): void {
    this.#waitingCount++
  }

  /** A request has its connection, or needs none any more; an attempt that nobody else waits for ends. */
  leave(): void {
    if (--this.#waitingCount === 0) this.#attempt?.abort()
  }

  /** Ends the requests that were given up; those that have come since get another attempt, because undici takes the error for its own. */
  #givenUp(): Error {
    const message = 'nobody waited for the connection any more'
    return this.#waitingCount === 0 ? new Error(message) : new errors.InformationalError(message)
  }
}
