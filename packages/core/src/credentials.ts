import type { Attempt } from './attempt.ts'
import type { Call } from './call.ts'
import { contentTypeOf } from './content-type.ts'
import { AuthenticationError } from './errors/authentication-error.ts'
import type { HeaderMap, HttpRequestBody } from './handler.ts'
import { bodyDescriptions } from './header-names.ts'
import { letGo } from './let-go.ts'
import type { Hop } from './redirect-hop.ts'
import type { ResolvedConfig } from './resolve-config.ts'
import type { AccessToken } from './token-source.ts'
import { tokenFailure, waitForToken } from './token-wait.ts'
import { originOf } from './url.ts'

/** What a hop is sent with. */
export interface HopPass {
  readonly headers: HeaderMap
  /** The token among the headers, if there is one. */
  readonly token: AccessToken | undefined
}

/** The client's own headers for its trusted origins, with and without an `authorization`. */
interface OwnHeaders {
  readonly all: HeaderMap
  readonly withoutAuthorization: HeaderMap
}

function ownHeaders(entries: readonly (readonly [string, string])[]): OwnHeaders {
  const all = Object.fromEntries(entries)
  const { authorization: _, ...withoutAuthorization } = all
  return { all, withoutAuthorization }
}

/** Decides which credentials a URL may carry. The only place that puts them on a request. */
export class HopCredentials {
  readonly #config: ResolvedConfig
  readonly #withBody: OwnHeaders
  readonly #withoutBody: OwnHeaders
  readonly #hasCredentials: boolean
  readonly #basePrefix: string | undefined
  #lastAccessToken: string | undefined
  #lastTokenType: string | undefined
  #lastValue = ''
  /** What plain requests are sent with: it is the same for all of them as long as the token is. */
  #plainPass: HopPass | undefined

  constructor(config: ResolvedConfig) {
    this.#config = config
    this.#basePrefix = config.baseUrl && `${config.baseUrl.origin}/`
    this.#hasCredentials = Object.keys(config.credentialHeaders).length > 0
    this.#withBody = ownHeaders(Object.entries(config.credentialHeaders))
    this.#withoutBody = ownHeaders(Object.entries(config.credentialHeaders).filter(([name]) => !bodyDescriptions.has(name)))
  }

  readonly isTrusted: (url: string) => boolean = (url) =>
    (this.#basePrefix !== undefined && url.startsWith(this.#basePrefix)) || this.#config.isTrustedOrigin(originOf(url))

  /** The content type that a body brings with it, unless the client's own headers have one for this URL. */
  impliedType(url: string, body: HttpRequestBody | undefined): string | undefined {
    const isTyped = body === undefined || ('content-type' in this.#config.credentialHeaders && this.isTrusted(url))
    return isTyped ? undefined : contentTypeOf(body)
  }

  /** What the hop is sent with, or undefined if that has to be waited for: the token at hand needs no promise. */
  peek(hop: Hop, call: Call, replacement: AccessToken | undefined): HopPass | undefined {
    if (!this.#mayHaveCredentials(hop)) return { headers: hop.headers, token: undefined }
    if (!this.#needsToken(hop, call)) return { headers: this.#merged(hop, call), token: undefined }
    const token = replacement ?? this.#peekToken(call)
    return token === undefined ? undefined : this.#withToken(hop, call, token)
  }

  /** As `peek`, but waits for a token. @throws AuthenticationError if none can be had */
  async fetch(hop: Hop, call: Call, attempt: Attempt): Promise<HopPass> {
    const source = this.#config.tokenAuth?.source
    if (source === undefined) return { headers: this.#merged(hop, call), token: undefined }
    attempt.phase = 'token'
    const token = await waitForToken(call, attempt, (signal) => source.getToken({ signal }))
    return this.#withToken(hop, call, token)
  }

  #peekToken(call: Call): AccessToken | undefined {
    try {
      return this.#config.tokenAuth?.source.peekToken?.()
    } catch (error) {
      throw tokenFailure(error, call)
    }
  }

  /** Whether the URL of the hop is one that gets a token. */
  mayHaveToken(hop: Hop, call: Call): boolean {
    return this.#mayHaveCredentials(hop) && this.#needsToken(hop, call)
  }

  #mayHaveCredentials(hop: Hop): boolean {
    return !hop.isTainted && this.isTrusted(hop.url)
  }

  #needsToken(hop: Hop, call: Call): boolean {
    const { tokenAuth } = this.#config
    if (tokenAuth === undefined || !call.settings.usesToken) return false
    const { firstHeaders } = hop
    return !('authorization' in firstHeaders || tokenAuth.headerName in firstHeaders) && !tokenAuth.isExcluded(hop.url)
  }

  #merged(hop: Hop, call: Call): HeaderMap {
    if (!this.#hasCredentials) return hop.headers
    const { headers, firstHeaders } = hop
    const own = hop.body === undefined ? this.#withoutBody : this.#withBody
    const usesAll = call.settings.usesToken && !('authorization' in firstHeaders)
    const merged = { ...(usesAll ? own.all : own.withoutAuthorization), ...headers }
    if (hop.isRewritten) delete merged['idempotency-key']
    // What a redirect has dropped; they are the same object as long as nothing was.
    if (headers !== firstHeaders) for (const name of Object.keys(firstHeaders)) if (!(name in headers)) delete merged[name]
    return merged
  }

  #withToken(hop: Hop, call: Call, token: AccessToken): HopPass {
    const name = this.#config.tokenAuth?.headerName ?? 'authorization'
    const value = this.#headerValue(token, call)
    const isPlain = hop.headers === this.#config.defaultHeaders
    const last = this.#plainPass
    if (isPlain && last !== undefined && last.token === token && last.headers[name] === value) return last
    const pass = { headers: { ...this.#merged(hop, call), [name]: value }, token }
    if (isPlain) this.#plainPass = pass
    return pass
  }

  #headerValue(token: AccessToken, call: Call): string {
    // By its words and not by its identity: a token source may give one object again and again, and change it.
    const { accessToken, tokenType } = (token as Partial<AccessToken> | null | undefined) ?? {}
    if (accessToken === undefined || accessToken !== this.#lastAccessToken || tokenType !== this.#lastTokenType) {
      this.#lastValue = headerValue(token, this.#config.tokenAuth?.headerPrefix, call)
      this.#lastAccessToken = accessToken
      this.#lastTokenType = tokenType
    }
    return this.#lastValue
  }
}

const sendable = /^[\t\x20-\x7e\x80-\xff]+$/

function headerValue(token: AccessToken, prefix: string | undefined, call: Call): string {
  // A token source of the user's own may give anything at all.
  const { accessToken, tokenType } = (token as AccessToken | null | undefined) ?? { accessToken: '' }
  if (typeof accessToken !== 'string' || !sendable.test(accessToken)) {
    letGo(token)
    throw unusable('token that is empty or has characters that no header may carry', call)
  }
  if (tokenType !== undefined && typeof tokenType !== 'string') {
    throw unusable('token type that is no string', call)
  }
  const scheme = prefix ?? canonicalScheme(tokenType)
  const value = scheme === '' ? accessToken : `${scheme} ${accessToken}`
  if (!sendable.test(value)) throw unusable('token type that no header may carry', call)
  return value
}

function unusable(what: string, call: Call): AuthenticationError {
  return call.failedWith(new AuthenticationError(`the token source gave a ${what}`))
}

/** Many servers answer `"token_type": "bearer"`, and many APIs insist on `Bearer`. */
function canonicalScheme(tokenType: string | undefined): string {
  return tokenType === undefined || tokenType === '' || tokenType.toLowerCase() === 'bearer' ? 'Bearer' : tokenType
}
