import { type buildConnector, Client, type Dispatcher, type Pool, ProxyAgent } from 'undici'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { isListed } from './no-proxy.ts'
import { type ConnectTarget, patientPool } from './pool-client.ts'
import type { Sockets } from './sockets.ts'

type Environment = Readonly<Record<string, string | undefined>>

const loopback = /^(localhost\.?|.*\.localhost\.?|127(\.\d+){3}|\[::1\])$/

/** The proxy for an origin by `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`; loopback hosts never have one. */
export function proxyFor(origin: string, environment: Environment): URL | undefined {
  const { protocol, hostname, port } = new URL(origin)
  if (loopback.test(hostname)) return undefined
  const read = (name: string): string | undefined => environment[name] || environment[name.toUpperCase()] || undefined
  const isCgi = environment['REQUEST_METHOD'] !== undefined
  // In CGI, HTTP_PROXY is what a request's own `Proxy` header was turned into.
  const plain = isCgi ? environment['http_proxy'] : read('http_proxy')
  const proxy = (protocol === 'https:' ? read('https_proxy') : plain) ?? read('all_proxy')
  if (proxy === undefined || isListed(hostname, port || (protocol === 'https:' ? '443' : '80'), read('no_proxy') ?? ''))
    return undefined
  const absolute = proxy.includes('://') ? proxy : `http://${proxy}`
  if (URL.canParse(absolute)) return new URL(absolute)
  // Going around a proxy that somebody wants is worse than not going at all.
  throw new ConfigurationError(
    'the proxy that the environment names is no URL: characters of its password have to be percent-encoded',
    { option: 'proxy' },
  )
}

/** With what an origin behind a proxy is reached. */
export interface ProxiedOrigin {
  readonly poolOptions: Pool.Options
  /** The terms of connections to the origin; those to the proxy are made under the platform's own. */
  readonly tls: buildConnector.BuildOptions
  readonly sockets: Sockets
}

/** https goes through a tunnel; plain http is asked of the proxy itself, which most proxies demand. */
export function dispatcherThroughProxy(proxy: URL, origin: string, proxied: ProxiedOrigin): Dispatcher {
  if (origin.startsWith('https:') || proxy.protocol.startsWith('socks')) return tunnel(proxy, origin, proxied)
  const { poolOptions, sockets } = proxied
  const pool = patientPool(proxy.origin, { ...poolOptions, connect: sockets.proxyConnector() })
  const host = new URL(origin).host
  const credentials = proxyAuthorization(proxy)
  return asking(pool, (options) => {
    const headers = { host, ...(options.headers as Record<string, string>), ...credentials }
    // The name that the proxy's certificate is for: with another one for each request, undici would connect anew for each.
    return { ...options, path: origin + options.path, headers, servername: proxy.hostname }
  })
}

/** Has each request asked as `changed` says. What undici composes for that tells handlers neither what was sent nor what is resumed. */
function asking(
  dispatcher: Dispatcher,
  changed: (options: Dispatcher.DispatchOptions) => Dispatcher.DispatchOptions,
): Dispatcher {
  const dispatch = dispatcher.dispatch.bind(dispatcher)
  const asked: Dispatcher['dispatch'] = (options, handler) => dispatch(changed(options), handler)
  return Object.assign(dispatcher, { dispatch: asked })
}

function tunnel(proxy: URL, origin: string, proxied: ProxiedOrigin): Dispatcher {
  const { poolOptions, tls, sockets } = proxied
  const token = proxyAuthorization(proxy)['proxy-authorization']
  const agent = new ProxyAgent({
    ...poolOptions,
    uri: proxy.href,
    ...(token === undefined ? {} : { token }),
    clientFactory: (entrance) => tunnelEntrance(entrance, sockets),
    factory: (target, options) => tunnelled(target, options, sockets),
    allowH2: tls.allowH2 === true,
    requestTls: { ...tls, timeout: 0 },
  })
  // The agent serves any origin, so it has to be told; and it adds to the headers that it is given.
  return asking(agent, (options) => ({ ...options, origin, headers: { ...(options.headers as Record<string, string>) } }))
}

/** The agent makes the connections through its tunnels itself. */
function tunnelled(target: string | URL, options: Pool.Options, sockets: Sockets): Dispatcher {
  const { connect } = options
  return patientPool(target, typeof connect === 'function' ? { ...options, connect: sockets.watched(connect) } : options)
}

/** A proxy that closes the connection instead of answering has failed: undici would connect to it again and again, for ever. */
function tunnelEntrance(proxy: URL, sockets: Sockets): Dispatcher {
  const connect = sockets.proxyConnector()
  const connectOnce = ({ signal, ...target }: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> =>
    entranceClient(proxy, connect, signal)
      .connect(target)
      .catch((cause: unknown) => {
        if (!(cause instanceof Error && 'code' in cause && cause.code === 'UND_ERR_SOCKET')) throw cause
        throw Object.assign(new Error('the proxy closed the connection', { cause }), { code: 'ECONNRESET' })
      })
  return Object.assign(new Client(proxy), { connect: connectOnce })
}

/** Each tunnel has a connection of its own, which ends by `signal` at whatever point it is: before the tunnel, and in it. */
function entranceClient(proxy: URL, connect: buildConnector.connector, signal: unknown): Client {
  const interruptible: buildConnector.connector = (target, callback) => connect({ ...target, signal } as ConnectTarget, callback)
  return new Client(proxy, { connect: interruptible, headersTimeout: 0 })
}

/** User info as it was meant: a `%` that begins no escape is one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decoded(username)}:${decoded(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}
