import { ConfigurationError } from './errors/configuration-error.ts'
import { ResponseParseError } from './errors/response-errors.ts'
import type { HttpMethod, HttpResponse, ResponsePromise } from './handler.ts'
import { letGo } from './let-go.ts'
import { linkTarget } from './link-header.ts'
import { checkCount, checkType } from './option-checks.ts'
import { redactUrl } from './redaction.ts'
import type { ReadOptions, WriteOptions } from './request-options.ts'
import { ClientResponse } from './response.ts'
import { untilAborted } from './until-aborted.ts'
import { originOf, urlText } from './url.ts'

/** How pages are found; the rest are options of each page's request. `params` are for the first page: the others bring their own query. */
export type PaginationOptions = ReadOptions & {
  /** Where the next page is; undefined or null after the last. @default the response's `Link` header with `rel="next"` (RFC 8288) */
  readonly next?: ((response: HttpResponse) => NextPage | Promise<NextPage>) | undefined
  /** The most pages that are asked for. @default no limit */
  readonly maxPages?: number | undefined
}

/** The URL of a page, or nothing after the last. */
export type NextPage = string | URL | undefined | null

/** The part of a client that is needed here. */
export interface PageSource {
  request(method: HttpMethod, url: string | URL, options?: WriteOptions): ResponsePromise
}

/**
 * Asks for one page after the other, each when the loop wants it. On a foreign origin the client sends no credentials, and neither
 * does this: headers given here stay at the first page's origin.
 *
 * @throws ResponseParseError if a next page is one that was there already
 * @example
 * for await (const page of paginate(client, '/users')) users.push(...(await page.json<User[]>()))
 */
export function paginate(
  client: PageSource,
  url: string | URL,
  options: PaginationOptions = {},
): AsyncGenerator<HttpResponse, void, undefined> {
  checkType('options', options ?? null, 'object')
  checkType('next', options.next, 'function')
  checkCount('maxPages', options.maxPages, 1)
  if (typeof client?.request !== 'function') throw new ConfigurationError('paginate wants an HttpClient', { option: 'client' })
  return pages(client, url, options)
}

async function* pages(
  client: PageSource,
  firstUrl: string | URL,
  { next = nextLink, maxPages = Number.POSITIVE_INFINITY, params, headers, ...options }: PaginationOptions,
): AsyncGenerator<HttpResponse, void, undefined> {
  const seen = new Set<string>()
  let response = await client.request('GET', firstUrl, { ...options, params, headers })
  const own = response instanceof ClientResponse ? response : undefined
  // Where the caller sent the headers to; a redirect may have led elsewhere.
  const home = originOf(own === undefined ? response.url : ClientResponse.requestedUrlOf(own))
  // A path of the base URL's may follow an absolute URL of another origin.
  const relativeOrigin = own === undefined ? home : ClientResponse.baseOriginOf(own)
  for (let count = 1; ; count++) {
    seen.add(response.url)
    yield response
    const given = count < maxPages ? await untilAborted(next(response), options.signal) : undefined
    if (given === undefined || given === null || given === '') return
    // As the client reads it: links in JSON have an `href`, too.
    const target = urlText(given)
    const known = absoluteUrl(target)
    if (known !== undefined && seen.has(known.href)) throw endless(response, known.href)
    const isForeign = (known?.origin ?? relativeOrigin) !== home
    response = await client.request('GET', target, isForeign ? options : { ...options, headers })
    if (!seen.has(response.url)) continue
    // Where a path or a redirect led is known only now, and a streamed body would stay open.
    letGo(response.body?.cancel())
    throw endless(response, response.url)
  }
}

function nextLink({ headers, url }: HttpResponse): string | undefined {
  const target = linkTarget(headers.get('link'), 'next')
  return target !== undefined && URL.canParse(target, url) ? new URL(target, url).href : undefined
}

/** As responses have it, without its fragment; undefined for what only the client can resolve. */
function absoluteUrl(target: string): URL | undefined {
  if (!URL.canParse(target)) return undefined
  const url = new URL(target)
  url.hash = ''
  return url
}

function endless({ status, attempts }: HttpResponse, url: string): ResponseParseError {
  const request = { method: 'GET', url: redactUrl(url) }
  return new ResponseParseError(`GET ${request.url}: the next page is one that was there already`, { status, request, attempts })
}
