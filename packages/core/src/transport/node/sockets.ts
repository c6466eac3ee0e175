import { Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { ConnectTarget } from './pool-client.ts'

/** The sockets of a transport: undici forgets those on which a handshake goes on, and what is said on them of resets is its own. */
export class Sockets {
  readonly #open = new Set<Socket>()

  /** Makes connections under these terms, in any time: they are given up with the request that they are made for. */
  connector(terms: buildConnector.BuildOptions): buildConnector.connector {
    const connect = buildConnector({ ...terms, timeout: 0 })
    return (target: ConnectTarget, callback) => {
      // It gives its socket, which its types do not say.
      const socket: unknown = connect(target, callback)
      if (!(socket instanceof Socket)) return
      this.#watch(socket)
      target.signal?.addEventListener('abort', () => socket.destroy(givenUp()), { once: true })
    }
  }

  /** Makes connections to a proxy, under the platform's own terms: its certificate has to be for its own name, and not for that of the host that is asked through it. */
  proxyConnector(): buildConnector.connector {
    const connect = this.connector({})
    return ({ servername: _, ...proxy }, callback) => connect(proxy, callback)
  }

  /** Makes connections as `connect` does. */
  watched(connect: buildConnector.connector): buildConnector.connector {
    return (target, callback) =>
      connect(target, (...made) => {
        const [, socket] = made
        if (socket !== null && socket !== undefined) this.#watch(socket)
        callback(...made)
      })
  }

  /** Ends them all, at whatever point they are. */
  destroy(): void {
    for (const socket of this.#open) socket.destroy(new Error('the client was closed'))
  }

  #watch(socket: Socket): void {
    const telling = new HiddenCode(socket)
    this.#open.add(socket)
    socket.prependListener('error', (error) => telling.hide(error))
    socket.once('close', () => {
      this.#open.delete(socket)
      telling.restore()
    })
  }
}

/** With a code of its own: undici asks for a connection anew where it takes an error for its own. */
function givenUp(): Error {
  return Object.assign(new Error('the connection was given up'), { code: 'ECONNABORTED' })
}

/**
 * The code by which undici knows an error, hidden while it decides what the error means. It takes a reset for the end of a body that has no
 * length of its own: what was cut off would count as whole. And it takes its own end of a connection whose request was given up for a
 * reason to send that request again: it would connect anew, for nobody.
 */
class HiddenCode {
  readonly #socket: Socket
  #reset: NodeJS.ErrnoException | undefined

  constructor(socket: Socket) {
    this.#socket = socket
  }

  hide(error: NodeJS.ErrnoException): void {
    if (error.code === 'UND_ERR_INFO' && error.message === 'aborted') delete error.code
    else if (error.code === 'ECONNRESET' && !this.#isToBeKnown) this.#hideReset(error)
  }

  /** Sessions of HTTP/2 know by it that their server went in an orderly way, and their bodies always have an end of their own; nobody takes a handshake for a body, and who waits for it is told at once. */
  get #isToBeKnown(): boolean {
    const isHttp2 = 'alpnProtocol' in this.#socket && this.#socket.alpnProtocol === 'h2'
    return isHttp2 || this.#socket.connecting || ('secureConnecting' in this.#socket && this.#socket.secureConnecting === true)
  }

  #hideReset(error: NodeJS.ErrnoException): void {
    this.#reset = error
    delete error.code
  }

  restore(): void {
    if (this.#reset !== undefined) this.#reset.code = 'ECONNRESET'
  }
}
