import { type Dispatcher, Pool, ProxyAgent } from 'undici'
import { ConfigurationError } from '../../errors/configuration-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

const loopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/

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
    {
      option: 'proxy',
    },
  )
}

function isListed(hostname: string, port: string, noProxy: string): boolean {
  for (const entry of noProxy.toLowerCase().split(/[\s,]+/)) {
    if (entry === '*') return true
    const [, host = '', entryPort] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry) ?? []
    if (host === '' || (entryPort !== undefined && entryPort !== port)) continue
    if (hostname === host || hostname.endsWith(`.${host}`)) return true
  }
  return false
}

/** https goes through a tunnel; plain http is asked of the proxy itself, which most proxies demand. */
export function dispatcherThroughProxy(proxy: URL, origin: string, poolOptions: Pool.Options): Dispatcher {
  if (origin.startsWith('https:') || proxy.protocol.startsWith('socks')) return tunnel(proxy, origin, poolOptions)
  const pool = new Pool(proxy.origin, poolOptions)
  const host = new URL(origin).host
  const credentials = proxyAuthorization(proxy)
  return pool.compose((dispatch) => (options, handler) => {
    const headers = { ...(options.headers as Record<string, string>), host, ...credentials }
    return dispatch({ ...options, path: origin + options.path, headers }, handler)
  })
}

function tunnel(proxy: URL, origin: string, { connections, connect, allowH2 }: Pool.Options): Dispatcher {
  const token = proxyAuthorization(proxy)['proxy-authorization']
  const agent = new ProxyAgent({
    uri: proxy.href,
    ...(token === undefined ? {} : { token }),
    clientFactory: tunnelEntrance,
    connections: connections ?? null,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: allowH2 === true,
    // The terms of the tunnel's end; the proxy's own are the platform's.
    ...(typeof connect === 'object' ? { requestTls: connect } : {}),
  })
  // The agent serves any origin, so it has to be told; and it adds to the headers that it is given.
  return agent.compose((dispatch) => (options, handler) => {
    const headers = { ...(options.headers as Record<string, string>) }
    return dispatch({ ...options, origin, headers }, handler)
  })
}

/** A proxy that closes the connection instead of answering has failed: undici would connect to it again and again, for ever. */
function tunnelEntrance(proxy: URL, options: object): Dispatcher {
  const pool = new Pool(proxy, options)
  const connect = pool.connect.bind(pool)
  const connectOnce = (target: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> =>
    connect(target).catch((cause: unknown) => {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'UND_ERR_SOCKET')) throw cause
      throw Object.assign(new Error('the proxy closed the connection', { cause }), { code: 'ECONNRESET' })
    })
  return Object.assign(pool, { connect: connectOnce })
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
