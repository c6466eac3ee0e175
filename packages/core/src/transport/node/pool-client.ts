import { type buildConnector, Client, type Dispatcher, Pool } from 'undici'

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

/**
 * One connection of a pool. At a time, one request at most waits in it for its connection to be made: the others wait in the pool, and are
 * served also when that is given up.
 */
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
    }
    return super.dispatch(options, handler)
  }
}

/** The attempts to make one connection of a pool, one after another. */
export class Connecting {
  #attempt: AbortController | undefined

  /** Makes connections as `connect` does. */
  connector(connect: buildConnector.connector): buildConnector.connector {
    return (target, callback) => {
      const attempt = new AbortController()
      const interruptible: ConnectTarget = { ...target, signal: attempt.signal }
      this.#attempt = attempt
      connect(interruptible, (...made) => {
        this.#attempt = undefined
        callback(...made)
      })
    }
  }

  /** Nobody waits for the connection any more. */
  giveUp(): void {
    this.#attempt?.abort(new Error('nobody waits for this connection any more'))
  }
}
