import type { HeaderMap, HttpMethod, HttpRequest, HttpRequestBody } from './handler.ts'
import { bodyHeaders, harmlessHeaders } from './header-names.ts'
import type { TransportAnswer } from './transport/transport.ts'
import { originOf } from './url.ts'
import { asUtf8 } from './utf8-header.ts'

/** One URL on the way of a request: the first, or where a redirect led. */
export interface Hop {
  readonly method: HttpMethod
  readonly url: string
  /** What the caller gave, without anything that the client adds. */
  readonly headers: HeaderMap
  readonly body: HttpRequestBody | undefined
  readonly replayable: boolean
  /** True as soon as an untrusted origin was visited: who redirects from there is not to be given credentials again. */
  readonly isTainted: boolean
  /** True as soon as a redirect has made a GET of it. */
  readonly isRewritten: boolean
  /** The headers at first: what a redirect has dropped of the caller's own is not to be replaced by the client's. */
  readonly firstHeaders: HeaderMap
}

const redirectStatuses = new Set([301, 302, 303, 307, 308])

/** Where a request begins. `impliedType` is its content type, where no header says another. */
export function firstHop(request: HttpRequest, body: HttpRequestBody | undefined, impliedType: string | undefined): Hop {
  const { method, url, headers, replayable } = request
  const hop = { method, url, headers, body, replayable, isTainted: false, isRewritten: false, firstHeaders: headers }
  const isTyped = impliedType === undefined || 'content-type' in headers
  return isTyped ? hop : { ...hop, headers: { ...headers, 'content-type': impliedType } }
}

/** Where an answer leads, or undefined if it is to be handed over as it is. */
export function nextHop(
  hop: Hop,
  answer: Pick<TransportAnswer, 'status' | 'headers'>,
  isTrusted: (url: string) => boolean,
): Hop | undefined {
  if (!redirectStatuses.has(answer.status)) return undefined
  const url = redirectTarget(answer.headers.get('location'), hop.url)
  if (url === undefined) return undefined
  const crossesOrigin = originOf(url) !== originOf(hop.url)
  const dropsBody = becomesGet(answer.status, hop.method)
  // A body goes to the origin that the caller named and to no other, and a spent one goes nowhere.
  if (hop.body !== undefined && !dropsBody && (crossesOrigin || !hop.replayable)) return undefined
  return {
    ...hop,
    url,
    method: dropsBody ? 'GET' : hop.method,
    body: dropsBody ? undefined : hop.body,
    headers: keptHeaders(hop.headers, crossesOrigin, dropsBody),
    isTainted: hop.isTainted || !isTrusted(hop.url) || !isTrusted(url),
    isRewritten: hop.isRewritten || dropsBody,
  }
}

/** Where a given fetch says that it was led by itself: what it sent there is its own affair, but the client goes on from there. */
export function ledHop(hop: Hop, ledTo: string, isTrusted: (url: string) => boolean): Hop {
  const url = redirectTarget(ledTo, hop.url)
  if (url === undefined) return { ...hop, isTainted: true }
  const headers = keptHeaders(hop.headers, originOf(url) !== originOf(hop.url), false)
  return { ...hop, url, headers, isTainted: hop.isTainted || !isTrusted(url) }
}

/** @see https://fetch.spec.whatwg.org/#http-redirect-fetch */
function becomesGet(status: number, method: HttpMethod): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD'
  return (status === 301 || status === 302) && method === 'POST'
}

function redirectTarget(location: string | null, base: string): string | undefined {
  // An empty one would lead to the same URL again and again.
  const reference = saidOnce(asUtf8(location ?? ''))
  if (reference === '' || !URL.canParse(reference, base)) return undefined
  const target = new URL(reference, base)
  if (target.protocol !== 'http:' && target.protocol !== 'https:') return undefined
  target.username = ''
  target.password = ''
  target.hash = ''
  return target.href
}

/** Some proxies repeat the header of the server behind them, and platforms join what is repeated. */
function saidOnce(location: string): string {
  const half = location.length / 2 - 1
  const first = location.slice(0, half)
  return half > 0 && location === `${first}, ${first}` ? first : location
}

function keptHeaders(headers: HeaderMap, crossesOrigin: boolean, dropsBody: boolean): HeaderMap {
  if (!crossesOrigin && !dropsBody) return headers
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (crossesOrigin && !harmlessHeaders.has(name)) continue
    if (dropsBody && bodyHeaders.has(name)) continue
    kept[name] = value
  }
  return kept
}
