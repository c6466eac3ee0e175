import { ConfigurationError } from './errors/configuration-error.ts'
import { checkNames, checkType, kindOf, shown } from './option-checks.ts'

/** Something in PEM: one text or file's bytes. */
export type Pem = string | Uint8Array

/** How to speak TLS (Node). What is left out is the platform's. */
export interface TlsOptions {
  /** Certificates of authorities to trust, in PEM, instead of the platform's. */
  readonly ca?: Pem | readonly Pem[] | undefined
  /** The client's own certificate and its chain, in PEM: mutual TLS. */
  readonly cert?: Pem | undefined
  /** The private key of `cert`, in PEM. */
  readonly key?: Pem | undefined
  /** The passphrase of `key`. */
  readonly passphrase?: string | undefined
  /** The name that the server's certificate must be for. @default the URL's host */
  readonly servername?: string | undefined
  /** @default the platform's, at least TLS 1.2 */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
  /** `false` accepts any certificate: for tests alone. @default true */
  readonly rejectUnauthorized?: boolean | undefined
}

/** Options of the built-in transport on Node. */
export interface ConnectionOptions {
  /** How to speak TLS (Node). @default the platform's own */
  readonly tls?: TlsOptions | undefined
  /**
   * Offers HTTP/2 to servers over TLS (Node); who does not speak it gets HTTP/1.1. Each connection has one request at a time, as with
   * HTTP/1.1, so `poolMaxsize` is how many can be on their way: when a server takes its leave of a connection (GOAWAY), as many do after some
   * thousand requests, undici fails all that is on it.
   *
   * @default false
   */
  readonly http2?: boolean | undefined
  /** The proxy for every origin (Node); `false` for none. @default what the environment says: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY */
  readonly proxy?: string | URL | false | undefined
}

const tlsNames: ReadonlySet<string> = new Set<keyof TlsOptions>([
  'ca',
  'cert',
  'key',
  'passphrase',
  'servername',
  'minVersion',
  'rejectUnauthorized',
])

/** @throws ConfigurationError for an option that is wrong, or that the transport would not obey */
export function checkConnectionOptions({ tls, http2, proxy }: ConnectionOptions, hasOwnTransport: boolean): void {
  if (tls !== undefined) checkTls(tls)
  checkType('http2', http2, 'boolean')
  if (proxy !== undefined && proxy !== false) proxyUrl(proxy)
  if (hasOwnTransport) refuseConnectionOptions({ tls, http2, proxy }, 'a `transport` of your own')
}

/** @throws ConfigurationError if there is an option that `who` would not obey */
export function refuseConnectionOptions(options: ConnectionOptions, who: string): void {
  for (const option of ['tls', 'http2', 'proxy'] as const) {
    if (options[option] === undefined) continue
    throw new ConfigurationError(`${option} is for the built-in transport on Node: ${who} decides about it by itself`, { option })
  }
}

/** @throws ConfigurationError, without the proxy's credentials */
export function proxyUrl(proxy: string | URL): URL {
  const text = typeof proxy === 'string' ? proxy : proxy instanceof URL ? proxy.href : undefined
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url
  throw new ConfigurationError(`proxy must be an absolute http or https URL, or false (got ${shown(text ?? proxy)})`, {
    option: 'proxy',
  })
}

function checkTls(tls: TlsOptions): void {
  checkType('tls', tls, 'object')
  checkNames(tls, tlsNames)
  const { ca, cert, key, passphrase, servername, minVersion, rejectUnauthorized } = tls
  for (const each of Array.isArray(ca) ? ca : [ca]) checkPem('tls.ca', each)
  checkPem('tls.cert', cert)
  checkPem('tls.key', key)
  checkType('tls.passphrase', passphrase, 'string')
  checkType('tls.servername', servername, 'string')
  checkType('tls.rejectUnauthorized', rejectUnauthorized, 'boolean')
  if (minVersion !== undefined && minVersion !== 'TLSv1.2' && minVersion !== 'TLSv1.3')
    throw new ConfigurationError(`tls.minVersion must be 'TLSv1.2' or 'TLSv1.3' (got ${shown(minVersion)})`, { option: 'tls' })
  if ((cert === undefined) !== (key === undefined))
    throw new ConfigurationError('tls.cert and tls.key belong together: a client certificate needs its private key', {
      option: 'tls',
    })
}

function checkPem(option: string, value: unknown): void {
  if (value === undefined) return
  const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : value
  if (typeof text === 'string' && text.includes('-----BEGIN ')) return
  // Of what was given nothing is shown: it may be a key in another form.
  const got = typeof value === 'string' || value instanceof Uint8Array ? 'something without "-----BEGIN"' : kindOf(value)
  throw new ConfigurationError(`${option} must be PEM, a string or bytes (got ${got})`, { option: 'tls' })
}
