import { describe, expect, test } from 'vitest'
import { TooManyRedirectsError, UnauthorizedError } from '../src/errors.ts'
import type { HttpMethod } from '../src/handler.ts'
import { HttpClient } from '../src/http-client.ts'
import { failureOf } from './fixtures/failure.ts'
import { type Loopback, loopback, sendJson } from './fixtures/loopback.ts'
import { CountingTokens } from './fixtures/tokens.ts'

/** `/to?status=…&url=…` redirects there; everything else answers 200, or 401 under `/denied`. */
async function redirector(): Promise<Loopback> {
  return loopback((request, response) => {
    const url = new URL(request.path, 'http://x')
    if (url.pathname === '/to') {
      response.writeHead(Number(url.searchParams.get('status') ?? 302), { location: url.searchParams.get('url') ?? '' })
      response.end('moved')
    } else {
      sendJson(response, url.pathname === '/denied' ? 401 : 200, { path: url.pathname })
    }
  })
}

function to(url: string, status = 302): string {
  return `/to?status=${status}&url=${encodeURIComponent(url)}`
}

function clientOf(home: Loopback, tokens: CountingTokens, more: object = {}): HttpClient {
  return new HttpClient({
    baseUrl: home.origin,
    headers: { 'x-api-key': 'api-key-1', cookie: 'session=1' },
    tokenAuth: { tokenManager: tokens, excludedPaths: ['/health'] },
    ...more,
  })
}

describe('credentials along redirects', () => {
  test('stay with the request on its own origin', async () => {
    const home = await redirector()
    await clientOf(home, new CountingTokens()).get(to('/users'))
    expect(home.requests[1]?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'x-api-key': 'api-key-1',
      cookie: 'session=1',
    })
  })

  test('do not go to another origin, however they were set', async () => {
    const [home, foreign] = [await redirector(), await redirector()]
    const headers = { 'x-secret': 'own', 'proxy-authorization': 'Basic x', range: 'bytes=0-1' }
    await clientOf(home, new CountingTokens()).get(to(`${foreign.origin}/users`), { headers })
    expect(home.requests[0]?.headers).toMatchObject({ 'x-secret': 'own', 'x-api-key': 'api-key-1' })
    const sent = Object.keys(foreign.requests[0]?.headers ?? {}).sort()
    expect(sent).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'range'])
  })

  test("a caller's own Authorization is dropped across origins too, and no token takes its place", async () => {
    const [home, foreign, tokens] = [await redirector(), await redirector(), new CountingTokens()]
    const client = clientOf(home, tokens, { tokenAuth: { tokenManager: tokens, allowedOrigins: [foreign.origin] } })
    await client.get(to(`${foreign.origin}/users`), { headers: { authorization: 'Bearer own' } })
    expect(home.requests[0]?.headers.authorization).toBe('Bearer own')
    expect(foreign.requests[0]?.headers.authorization).toBeUndefined()
    expect(tokens.getCount).toBe(0)
  })

  test('are not restored by a redirect back', async () => {
    const [home, foreign] = [await redirector(), await redirector()]
    await clientOf(home, new CountingTokens()).get(to(`${foreign.origin}${to(`${home.origin}/users`)}`))
    expect(home.requests[1]?.path).toBe('/users')
    expect(home.requests[1]?.headers.authorization).toBeUndefined()
    expect(home.requests[1]?.headers['x-api-key']).toBeUndefined()
  })

  test('go to an origin that was listed', async () => {
    const [home, friend, tokens] = [await redirector(), await redirector(), new CountingTokens()]
    const client = clientOf(home, tokens, { tokenAuth: { tokenManager: tokens, allowedOrigins: [friend.origin] } })
    await client.get(to(`${friend.origin}/users`))
    expect(friend.requests[0]?.headers.authorization).toBe('Bearer token-1')
  })

  test('an excluded path gets no token, even as the target of a redirect, and a token may begin at a later hop', async () => {
    const home = await redirector()
    const client = clientOf(home, new CountingTokens())
    await client.get(to('/health'))
    expect(home.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', undefined])
  })

  test('a 401 after a hop to a foreign origin refreshes nothing', async () => {
    const [home, foreign, tokens] = [await redirector(), await redirector(), new CountingTokens()]
    await expect(clientOf(home, tokens).get(to(`${foreign.origin}/denied`))).rejects.toBeInstanceOf(UnauthorizedError)
    expect(tokens.rejected).toEqual([])
    expect(foreign.requests).toHaveLength(1)
  })

  test('a 401 after a redirect on the own origin has the token replaced', async () => {
    const [home, tokens] = [await redirector(), new CountingTokens()]
    await expect(clientOf(home, tokens).get(to('/denied'))).rejects.toBeInstanceOf(UnauthorizedError)
    expect(tokens.rejected).toEqual(['token-1'])
  })
})

describe('methods and bodies along redirects', () => {
  const table: readonly [HttpMethod, number, string, string][] = [
    ['POST', 301, 'GET', ''],
    ['POST', 302, 'GET', ''],
    ['POST', 303, 'GET', ''],
    ['PUT', 303, 'GET', ''],
    ['PUT', 302, 'PUT', '{"a":1}'],
    ['POST', 307, 'POST', '{"a":1}'],
    ['POST', 308, 'POST', '{"a":1}'],
    ['PATCH', 307, 'PATCH', '{"a":1}'],
  ]
  test.each(table)('%s %i becomes %s with the body %j', async (method, status, sentMethod, sentBody) => {
    const home = await redirector()
    await new HttpClient({ baseUrl: home.origin }).request(method, to('/next', status), { json: { a: 1 } })
    expect(home.requests[1]).toMatchObject({ method: sentMethod, path: '/next', body: sentBody })
    expect(home.requests[1]?.headers['content-type']).toBe(sentBody === '' ? undefined : 'application/json')
  })

  test('HEAD stays HEAD', async () => {
    const home = await redirector()
    await new HttpClient({ baseUrl: home.origin }).head(to('/next', 303))
    expect(home.requests[1]?.method).toBe('HEAD')
  })

  test('a body is not sent to another origin: the 307 is returned', async () => {
    const [home, foreign] = [await redirector(), await redirector()]
    const response = await new HttpClient({ baseUrl: home.origin }).post(to(foreign.origin, 307), { json: { a: 1 } })
    expect(response.status).toBe(307)
    expect(response.headers.get('location')).toBe(foreign.origin)
    expect(foreign.requests).toHaveLength(0)
  })

  test('a body that was a stream is not sent again: the 307 is returned', async () => {
    const home = await redirector()
    const body = new Blob(['once']).stream()
    const response = await new HttpClient({ baseUrl: home.origin }).post(to('/next', 307), { body })
    expect(response.status).toBe(307)
    expect(home.requests).toHaveLength(1)
  })

  test('a body factory makes a stream for each hop', async () => {
    const home = await redirector()
    let made = 0
    const body = (): ReadableStream<Uint8Array> => new Blob([`body ${++made}`]).stream()
    await new HttpClient({ baseUrl: home.origin }).post(to('/next', 307), { body })
    expect(home.requests.map(({ body }) => body)).toEqual(['body 1', 'body 2'])
  })
})

describe('where redirects lead', () => {
  test.each([
    ['/users?a=1', '/users?a=1'],
    ['users', '/users'],
    ['//HOST/users', '/users'],
    ['/caf\u00e9', '/caf%C3%A9'],
    ['/users#part', '/users'],
    ['http://user:secret@HOST/users', '/users'],
  ])('location %j is followed to %j', async (location, path) => {
    const home = await loopback((request, response) => {
      const target = location.replace('HOST', request.headers.host ?? '')
      if (request.path === '/') response.writeHead(302, { location: Buffer.from(target).toString('latin1') }).end()
      else sendJson(response, 200, {})
    })
    const response = await new HttpClient({ baseUrl: home.origin }).get('/')
    expect(home.requests[1]?.path).toBe(path)
    expect(home.requests[1]?.headers.authorization).toBeUndefined()
    expect(response.url).toBe(`${home.origin}${path}`)
  })

  test.each([undefined, '', 'ftp://127.0.0.1/x', 'data:text/plain,x', 'http://['])(
    'location %j is not followed: the 302 is returned',
    async (location) => {
      const home = await loopback((_request, response) =>
        response.writeHead(302, location === undefined ? {} : { location }).end('here'),
      )
      const response = await new HttpClient({ baseUrl: home.origin }).get('/')
      expect(response.status).toBe(302)
      expect(await response.text()).toBe('here')
    },
  )

  test('maxRedirects are followed, one more is an error', async () => {
    const home = await loopback((request, response) => {
      const left = Number(request.path.slice(1))
      if (left === 0) sendJson(response, 200, {})
      else response.writeHead(302, { location: `/${left - 1}` }).end()
    })
    const client = new HttpClient({ baseUrl: home.origin, redirects: { maxRedirects: 3 } })
    expect((await client.get('/3')).status).toBe(200)
    const error = await client.get('/4').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TooManyRedirectsError)
    expect(error).toMatchObject({ code: 'too_many_redirects', attempts: 1, request: { method: 'GET', url: `${home.origin}/4` } })
  })

  test('follow: false returns the redirect', async () => {
    const home = await redirector()
    const client = new HttpClient({ baseUrl: home.origin, redirects: { follow: false } })
    expect((await client.get(to('/users'))).status).toBe(302)
    expect(home.requests).toHaveLength(1)
  })

  test('redirects do not count as attempts', async () => {
    const home = await redirector()
    expect((await new HttpClient({ baseUrl: home.origin }).get(to('/users'))).attempts).toBe(1)
  })
})

test.each([
  ['UTF-8', Buffer.from('/f\u00fcr').toString('latin1')],
  ['Latin-1', '/f\u00fcr'],
])('a location with %s in it leads there', async (_name, location) => {
  const home = await loopback((request, response) => {
    if (request.path === '/') response.writeHead(302, { location }).end()
    else response.end()
  })
  await new HttpClient({ baseUrl: home.origin }).get('/')
  expect(home.requests[1]?.path).toBe('/f%C3%BCr')
})

test.each(['/b', 'http://HOST/b?c=1,2', '/b, c'])('a location that is sent twice leads where it says: %s', async (location) => {
  const home = await loopback((request, response) => {
    const target = location.replace('HOST', request.headers.host ?? '')
    if (request.path === '/') response.writeHead(302, ['location', target, 'location', target]).end()
    else response.end()
  })
  const once = new URL(location.replace('HOST', new URL(home.origin).host), home.origin)
  for (const transport of [undefined, (url: string, init: RequestInit) => fetch(url, init)]) {
    expect((await new HttpClient({ baseUrl: home.origin, transport }).get('/')).url).toBe(once.href)
  }
})

test('an error after a redirect names the request that was answered, with the method that was sent', async () => {
  const home = await redirector()
  const error = await failureOf(new HttpClient({ baseUrl: home.origin }).post(to('/denied', 303)))
  expect(home.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
  expect(error).toMatchObject({ status: 401, request: { method: 'GET', url: `${home.origin}/denied` } })
  expect(String(error)).toContain(`GET ${home.origin}/denied`)
})

test.each([true, false])('so does one of a body that breaks off (stream: %s)', async (stream) => {
  const { origin } = await loopback(({ path }, response) => {
    if (path === '/cut') {
      response.writeHead(200, { 'content-length': '50' })
      response.write('x', () => response.socket?.end())
    } else response.writeHead(303, { location: '/cut' }).end()
  })
  const error = await failureOf(new HttpClient({ baseUrl: origin }).post('/', { stream }).then((response) => response.text()))
  expect(error).toMatchObject({ code: 'parse', request: { method: 'GET', url: `${origin}/cut` } })
  expect(String(error)).toContain(`GET ${origin}/cut`)
})

test.each([['x-token'], ['authorization'], ['x-api-key']])(
  "what the client would send as %s is not sent after a hop where the caller's own was dropped",
  async (name) => {
    const [home, allowed, tokens] = [await redirector(), await redirector(), new CountingTokens()]
    const tokenAuth = { tokenManager: tokens, headerName: 'X-Token', allowedOrigins: [allowed.origin] }
    const client = clientOf(home, tokens, { tokenAuth })
    await client.get(to(`${allowed.origin}/users`), { headers: { [name]: 'own' } })
    expect(home.requests[0]?.headers[name]).toBe('own')
    expect(allowed.requests[0]?.headers).not.toHaveProperty(name)
    expect(tokens.getCount).toBe(name === 'x-api-key' ? 2 : 0)
  },
)

describe('a given fetch that follows redirects by itself', () => {
  const following = (url: string, init: RequestInit): Promise<Response> => fetch(url, { ...init, redirect: 'follow' })

  test('has the response tell the URL that answered', async () => {
    const [home, foreign] = [await redirector(), await redirector()]
    const client = clientOf(home, new CountingTokens(), { transport: following })
    expect((await client.get(to(`${foreign.origin}/users?page=2#top`))).url).toBe(`${foreign.origin}/users?page=2`)
    const error = await failureOf(client.get(to(`${foreign.origin}/denied`)))
    expect(error).toMatchObject({ status: 401, request: { url: `${foreign.origin}/denied` } })
  })

  test.each(['another origin', 'an excluded path', 'nobody knows where'])(
    'refreshes nothing when %s answers 401',
    async (where) => {
      const [home, foreign, tokens] = [await redirector(), await redirector(), new CountingTokens()]
      const target = where === 'another origin' ? `${foreign.origin}/denied` : '/denied'
      const transport = async (url: string, init: RequestInit): Promise<Response> => {
        const response = await following(url, init)
        return where === 'nobody knows where' ? Object.defineProperty(response, 'url', { value: '' }) : response
      }
      const excludedPaths = where === 'an excluded path' ? ['/denied'] : []
      const client = clientOf(home, tokens, { transport, tokenAuth: { tokenManager: tokens, excludedPaths } })
      await expect(client.get(to(target))).rejects.toBeInstanceOf(UnauthorizedError)
      expect(tokens.rejected).toEqual([])
    },
  )

  test('has the token replaced when its own origin answers 401, but sends no POST a second time', async () => {
    const [home, tokens] = [await redirector(), new CountingTokens()]
    const client = clientOf(home, tokens, { transport: following })
    await expect(client.get(to('/denied'))).rejects.toMatchObject({ status: 401, attempts: 2 })
    await expect(client.post(to('/denied', 303))).rejects.toMatchObject({ status: 401, attempts: 1 })
    expect(tokens.rejected).toEqual(['token-1', 'token-2'])
  })

  test('and stops on the way is followed from where it stopped', async () => {
    const [home, friend, tokens] = [await redirector(), await redirector(), new CountingTokens()]
    const transport = async (url: string, init: RequestInit): Promise<Response> => {
      const response = await fetch(url, init)
      const isFirst = url.startsWith(home.origin)
      return isFirst
        ? Object.defineProperties(response, { redirected: { value: true }, url: { value: `${friend.origin}/a/b` } })
        : response
    }
    const response = await clientOf(home, tokens, { transport }).get(to('c'), { headers: { 'x-secret': 'own' } })
    expect(response.url).toBe(`${friend.origin}/a/c`)
    expect(Object.keys(friend.requests[0]?.headers ?? {})).not.toContain('x-secret')
    expect(friend.requests[0]?.headers).not.toHaveProperty('authorization')
  })
})
