import { type Dispatcher, Pool, ProxyAgent } from 'undici'

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
  return URL.canParse(absolute) ? new URL(absolute) : undefined
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
  const agent = new ProxyAgent({
    uri: proxy.href,
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

function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}
