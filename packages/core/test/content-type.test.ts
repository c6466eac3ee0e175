import { describe, expect, test } from 'vitest'
import { HttpClient } from '../src/http-client.ts'
import type { RequestOptions } from '../src/request-options.ts'
import { type Loopback, loopback } from './fixtures/loopback.ts'

const own = 'application/vnd.api+json'

/** Redirects `/seen-other` with a 303; everything else is answered with a 200. */
async function server(): Promise<Loopback> {
  return loopback(({ path }, response) => {
    if (path === '/seen-other') response.writeHead(303, { location: '/other' })
    response.end('{}')
  })
}

async function sentType(options: RequestOptions, headers: Record<string, string> = { 'content-type': own }): Promise<unknown> {
  const { origin, requests } = await server()
  await new HttpClient({ baseUrl: origin, headers }).post('/', options as object)
  return requests[0]?.headers['content-type']
}

const bodies: Readonly<Record<string, () => RequestOptions>> = {
  json: () => ({ json: {} }),
  form: () => ({ form: { a: 1 } }),
  'a string': () => ({ body: '<x/>' }),
  'form parameters': () => ({ body: new URLSearchParams('a=1') }),
  'a Blob with a type': () => ({ body: new Blob(['x'], { type: 'text/csv' }) }),
  bytes: () => ({ body: new Uint8Array(1) }),
  'a function': () => ({ body: () => 'x' }),
}

describe("the client's default content type is sent with", () => {
  test.each(Object.entries(bodies))('%s', async (_what, options) => {
    expect(await sentType(options())).toBe(own)
  })
})

describe('the content type that a body brings with it is sent', () => {
  test.each([
    ['json', 'application/json'],
    ['form', 'application/x-www-form-urlencoded;charset=UTF-8'],
    ['a string', 'text/plain;charset=UTF-8'],
    ['a Blob with a type', 'text/csv'],
  ])('where the client has no default for %s', async (what, type) => {
    expect(await sentType(bodies[what]?.() ?? {}, {})).toBe(type)
  })

  test('to an origin that gets no headers of the client', async () => {
    const [home, foreign] = [await server(), await server()]
    const client = new HttpClient({ baseUrl: home.origin, headers: { 'content-type': own } })
    await client.post(`${foreign.origin}/`, { json: {} })
    await client.post(`${foreign.origin}/`, { body: 'x' })
    const types = foreign.requests.map(({ headers }) => headers['content-type'])
    expect(types).toEqual(['application/json', 'text/plain;charset=UTF-8'])
  })
})

test("a request's own content type wins over the client's", async () => {
  for (const options of Object.values(bodies)) {
    expect(await sentType({ ...options(), headers: { 'Content-Type': 'text/x' } })).toBe('text/x')
  }
})

test('FormData has its own with its boundary, whatever headers say', async () => {
  const boundary = /^multipart\/form-data; boundary=/
  const form = (): RequestOptions => {
    const body = new FormData()
    body.set('a', 'b')
    return { body }
  }
  expect(await sentType(form())).toMatch(boundary)
  expect(await sentType({ ...form(), headers: { 'content-type': 'multipart/form-data' } })).toMatch(boundary)
})

test('a hook sees the content type that is sent with json', async () => {
  const seen: unknown[] = []
  const hooks = [{ beforeRequest: ({ headers }: { headers: object }) => void seen.push(headers) }]
  const { origin } = await server()
  await new HttpClient({ baseUrl: origin, headers: { 'content-type': own }, hooks }).post('/', { json: {} })
  expect(seen).toMatchObject([{ 'content-type': own }])
})

test("what the client's default headers say of a body is not sent without one", async () => {
  const { origin, requests } = await server()
  const headers = { 'content-type': own, 'content-encoding': 'gzip', 'content-language': 'de', 'x-team': 'blue' }
  const client = new HttpClient({ baseUrl: origin, headers })
  await client.get('/')
  await client.post('/')
  for (const request of requests) {
    expect(Object.keys(request.headers)).not.toContainEqual(expect.stringMatching(/^content-(type|encoding|language)$/))
    expect(request.headers).toMatchObject({ 'x-team': 'blue' })
  }
})

test("a redirect that makes a GET of a request takes the client's headers of its body away, too", async () => {
  const { origin, requests } = await server()
  const headers = { 'content-type': 'application/xml', 'content-encoding': 'gzip', 'idempotency-key': 'k', 'x-team': 'blue' }
  await new HttpClient({ baseUrl: origin, headers }).post('/seen-other', { body: 'x' })
  const [first, second] = requests.map((request) => request.headers)
  expect(first).toMatchObject(headers)
  expect(second).toMatchObject({ 'x-team': 'blue' })
  for (const name of ['content-type', 'content-encoding', 'idempotency-key']) expect(second).not.toHaveProperty(name)
})
