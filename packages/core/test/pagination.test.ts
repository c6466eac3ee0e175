import { describe, expect, test } from 'vitest'
import { ConfigurationError, ResponseParseError } from '../src/errors.ts'
import { HttpClient } from '../src/http-client.ts'
import { linkTarget } from '../src/link-header.ts'
import { paginate } from '../src/pagination.ts'
import { failureOf } from './fixtures/failure.ts'
import { loopback, sendJson } from './fixtures/loopback.ts'
import { settle } from './fixtures/manual-clock.ts'

interface Sent {
  readonly url: string
  readonly headers: Headers
}

/** Answers page n of `/items` with a link to the next, as long as `next` has one. */
function pagedClient(next: (page: number) => string | undefined): { readonly client: HttpClient; readonly sent: Sent[] } {
  const sent: Sent[] = []
  const transport = async (url: string, init: RequestInit): Promise<Response> => {
    sent.push({ url, headers: new Headers(init.headers) })
    const link = next(sent.length)
    return Response.json(
      { page: sent.length, next: link },
      { headers: link === undefined ? {} : { link: `<${link}>; rel="next"` } },
    )
  }
  return { sent, client: new HttpClient({ baseUrl: 'https://api.example.com/v1', bearerToken: 't', transport }) }
}

async function pagesOf(pages: AsyncIterable<{ json(): Promise<unknown> }>): Promise<unknown[]> {
  const read: unknown[] = []
  for await (const page of pages) read.push(await page.json())
  return read
}

test('follows rel="next" to the end, relative to the page that has it', async () => {
  const { client, sent } = pagedClient((page) => (page < 3 ? `?page=${page + 1}` : undefined))
  expect(await pagesOf(paginate(client, '/items', { params: { size: 10 }, headers: { 'x-own': '1' } }))).toHaveLength(3)
  expect(sent.map(({ url }) => url)).toEqual([
    'https://api.example.com/v1/items?size=10',
    'https://api.example.com/v1/items?page=2',
    'https://api.example.com/v1/items?page=3',
  ])
  expect(sent.every(({ headers }) => headers.get('authorization') === 'Bearer t' && headers.get('x-own') === '1')).toBe(true)
})

test('or what a callback says, which may look into the body', async () => {
  const { client, sent } = pagedClient((page) => (page < 3 ? `/items/${page + 1}` : undefined))
  const next = async (response: { json<T>(): Promise<T> }): Promise<string | undefined> =>
    (await response.json<{ next?: string }>()).next
  await pagesOf(paginate(client, '/items', { next }))
  expect(sent.map(({ url }) => url)).toEqual(
    [1, 2, 3].map((page) => `https://api.example.com/v1/items${page === 1 ? '' : `/${page}`}`),
  )
})

test("takes no credential to a foreign origin: neither the client's nor those given here", async () => {
  const { client, sent } = pagedClient((page) => (page === 1 ? 'https://evil.example/items' : undefined))
  await pagesOf(paginate(client, '/items', { headers: { 'x-own': 'canary', authorization: 'Bearer canary' } }))
  expect(sent.map(({ url }) => new URL(url).origin)).toEqual(['https://api.example.com', 'https://evil.example'])
  expect([...(sent[1]?.headers.values() ?? [])].join()).not.toMatch(/canary|Bearer/)
})

test('takes what is given here for the first page of another origin to no path of the base URL', async () => {
  const { client, sent } = pagedClient((page) => (page < 3 ? `/items/${page + 1}` : undefined))
  const next = async (response: { json<T>(): Promise<T> }): Promise<string | undefined> =>
    (await response.json<{ next?: string }>()).next
  const headers = { 'x-own': 'canary', authorization: 'Bearer canary' }
  await pagesOf(paginate(client, 'https://other.example/items', { next, headers }))
  await pagesOf(paginate(client, 'https://api.example.com/v1/items', { headers, next: () => '/more', maxPages: 2 }))
  const shown = sent.map(({ url, headers }) => `${url} ${headers.get('x-own') ?? headers.get('authorization')}`)
  expect(shown).toEqual([
    'https://other.example/items canary',
    'https://api.example.com/v1/items/2 Bearer t',
    'https://api.example.com/v1/items/3 Bearer t',
    'https://api.example.com/v1/items canary',
    'https://api.example.com/v1/more canary',
  ])
})

test('takes nothing along to a foreign origin that an object with an `href` names', async () => {
  const { client, sent } = pagedClient(() => undefined)
  // A link in JSON, which the client takes for another platform's URL.
  const next = (): URL => JSON.parse('{"href":"https://other.example/items"}')
  await pagesOf(paginate(client, '/items', { next, maxPages: 2, headers: { 'x-own': 'canary' } }))
  expect(sent.map(({ url, headers }) => `${url} ${headers.get('x-own')}`)).toEqual([
    'https://api.example.com/v1/items canary',
    'https://other.example/items null',
  ])
})

test('takes no credential to a foreign origin that a redirect of the first page led to', async () => {
  const foreign = await loopback((_request, response, count) =>
    sendJson(response, 200, {}, count === 1 ? { link: '</next>; rel="next"' } : {}),
  )
  const home = await loopback((_request, response) => response.writeHead(302, { location: `${foreign.origin}/first` }).end())
  const client = new HttpClient({ baseUrl: home.origin })
  for await (const page of paginate(client, '/users', { headers: { 'x-api-key': 'canary' } })) await page.text()
  expect(foreign.requests.map(({ path }) => path)).toEqual(['/first', '/next'])
  expect(JSON.stringify(foreign.requests)).not.toContain('canary')
})

test('asks for a page only when the loop wants it, and for no more than maxPages', async () => {
  const { client, sent } = pagedClient((page) => `?page=${page + 1}`)
  for await (const _ of paginate(client, '/items')) break
  expect(sent).toHaveLength(1)
  await pagesOf(paginate(client, '/items', { maxPages: 2 }))
  expect(sent).toHaveLength(3)
})

describe('does not go in a circle', () => {
  test('and asks for no page that was there already', async () => {
    const { client, sent } = pagedClient((page) => (page % 2 === 1 ? '/v1/items?page=2#top' : '/v1/items#top'))
    await expect(pagesOf(paginate(client, '/items'))).rejects.toBeInstanceOf(ResponseParseError)
    expect(sent).toHaveLength(2)
  })

  test.each([
    ['where a path leads', '/items'],
    ['where a redirect leads', 'https://api.example.com/v1/back'],
  ])('%s is known only then, and its body is given up', async (_what, target) => {
    let cancelled = 0
    const transport = async (url: string): Promise<Response> => {
      if (url.endsWith('/back')) return new Response(null, { status: 302, headers: { location: '/v1/items' } })
      return new Response(new ReadableStream({ cancel: () => void cancelled++ }))
    }
    const client = new HttpClient({ baseUrl: 'https://api.example.com/v1', transport })
    const pages = paginate(client, '/items', { stream: true, next: () => target })
    const first = (await pages.next()).value
    const failure = await failureOf(pages.next())
    expect(failure).toMatchObject({ code: 'parse', request: { url: 'https://api.example.com/v1/items' } })
    await settle()
    expect(cancelled).toBe(1)
    // The page that was yielded is the caller's.
    expect(first?.body?.locked).toBe(false)
    await first?.body?.cancel()
  })
})

test('bad options fail in the call', () => {
  const { client } = pagedClient(() => undefined)
  // The types forbid it; JavaScript does not.
  expect(() => paginate(client, '/', { next: 'cursor' as never })).toThrow(ConfigurationError)
  expect(() => paginate(client, '/', { maxPages: 0 })).toThrow(ConfigurationError)
  expect(() => paginate(undefined as never, '/')).toThrow(ConfigurationError)
})

describe('a Link header', () => {
  test.each([
    ['<https://a.example/2>; rel="next"', 'https://a.example/2'],
    ['<https://a.example/1>; rel="prev", <https://a.example/3>; rel="next"', 'https://a.example/3'],
    ['</2>;rel=next', '/2'],
    ['</2>; title="a, <b>; rel=next"; rel="last next"', '/2'],
    ['</2>; REL="Next"', '/2'],
    ['</2,3;x>; rel="next"', '/2,3;x'],
    ['</2>; rel="nextpage"', undefined],
    ['</2>; title="x; rel=next"', undefined],
    ['</2>; rel=prev; rel=next', undefined],
    ['</2>', undefined],
    ['garbage', undefined],
    ['', undefined],
    [null, undefined],
  ])('%s leads to %s', (header, expected) => {
    expect(linkTarget(header, 'next')).toBe(expected)
  })

  test.each([
    ['UTF-8', Buffer.from('f\u00fcr').toString('latin1')],
    ['Latin-1', 'f\u00fcr'],
  ])('with %s in it leads there', async (_name, query) => {
    const server = await loopback((request, response) => {
      if (request.path === '/') response.setHeader('link', `</?q=${query}>; rel="next"`)
      sendJson(response, 200, [])
    })
    await pagesOf(paginate(new HttpClient({ baseUrl: server.origin }), '/'))
    expect(server.requests.map(({ path }) => path)).toEqual(['/', '/?q=f%C3%BCr'])
  })
})

test('an abort ends the wait for where the next page is', async () => {
  const server = await loopback((_request, response) => sendJson(response, 200, []))
  const controller = new AbortController()
  const pages = paginate(new HttpClient({ baseUrl: server.origin }), '/', {
    signal: controller.signal,
    next: () => new Promise<never>(() => undefined),
  })
  await pages.next()
  setTimeout(() => controller.abort(new Error('enough')), 20)
  await expect(pages.next()).rejects.toThrow('enough')
})

test.each([
  ['</p2>;; rel=next', '/p2'],
  ["</p2>; rel='next'", '/p2'],
  ['</p2>; rel="next"; anchor="/other", </p3>; rel=next', '/p3'],
])('the next page of %s is %s', (header, target) => {
  expect(linkTarget(header, 'next')).toBe(target)
})
