import { describe, expect, test } from 'vitest'
import type { HttpClientConfig } from '../src/config.ts'
import { HttpClient } from '../src/http-client.ts'
import type { Logger } from '../src/logger.ts'
import type { RequestOptions } from '../src/request-options.ts'

const token = 'CANARYtok.en-value_123zq9/+"='

interface Answer {
  readonly body?: string
  readonly headers?: Record<string, string>
  readonly status?: number
}

/** What is logged of one call. */
async function logged(
  { body = '', headers = {}, status = 200 }: Answer,
  config: HttpClientConfig = { tokenAuth: { tokenManager: { getToken: async () => ({ accessToken: token }) } } },
  options: RequestOptions = {},
): Promise<string> {
  const lines: unknown[] = []
  const write = (...line: unknown[]): void => void lines.push(line)
  const logger: Logger = { debug: write, info: write, warn: write, error: write }
  const transport = async (): Promise<Response> => new Response(body, { headers, status })
  const logging = { logger, logHeaders: true, logBody: true }
  const client = new HttpClient({ baseUrl: 'https://api.example.com', transport, logging, throwHttpErrors: false, ...config })
  await client.get('/', options as object)
  return JSON.stringify(lines)
}

const json = { 'content-type': 'application/json' }

describe('a token that the server repeats without a name is not logged', () => {
  test.each<[string, Answer]>([
    ['in a sentence', { headers: json, body: JSON.stringify({ message: `The access token ${token} is expired` }) }],
    ['under another name', { headers: json, body: JSON.stringify({ received: token }) }],
    ['in JSON that escapes slashes', { headers: json, body: JSON.stringify({ received: token }).replaceAll('/', '\\/') }],
    ['as a pair', { headers: json, body: JSON.stringify([{ name: 'access_token', value: token }]) }],
    ['in text', { headers: { 'content-type': 'text/plain' }, body: `token (${token}) unknown` }],
    ['in a URL', { headers: { 'content-type': 'text/plain' }, body: `see /tokens/${encodeURIComponent(token)}` }],
    ['in HTML', { headers: { 'content-type': 'text/html' }, body: `<input name="access_token" value='${token}'>` }],
    ['in a challenge', { headers: { 'www-authenticate': `Bearer error_description="The token ${token} expired"` } }],
    ['in a header', { headers: { 'x-received-credential': token } }],
  ])('%s', async (_where, answer) => {
    for (const status of [200, 401]) {
      const lines = await logged({ ...answer, status })
      expect(lines).not.toContain('CANARY')
      expect(lines).toContain('***')
    }
  })
})

const written: readonly (readonly [string, (secret: string) => string])[] = [
  [
    'in JSON as .NET writes it',
    (secret) =>
      JSON.stringify(secret)
        .slice(1, -1)
        .replace(/[+ä&<]/g, (c) => unicodeEscape(c).toUpperCase().replace('U', 'u')),
  ],
  ['in JSON as Python writes it', (secret) => JSON.stringify(secret).slice(1, -1).replace(/ä/g, unicodeEscape)],
  ['percent-encoded in lower case', (secret) => encodeURIComponent(secret).replace(/%../g, (encoded) => encoded.toLowerCase())],
  ['percent-encoded twice', (secret) => encodeURIComponent(encodeURIComponent(secret))],
  ['as a form has it', (secret) => new URLSearchParams([['', secret]]).toString().slice(1)],
  ['escaped for HTML', (secret) => secret.replace(/[+&<"]/g, (character) => `&#${character.charCodeAt(0)};`)],
  [
    'escaped for HTML in hexadecimal',
    (secret) => secret.replace(/[+&<"]/g, (c) => `&#x${c.charCodeAt(0).toString(16).toUpperCase()};`),
  ],
]

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

describe.each(written)('a password that an answer repeats %s', (_how, write) => {
  const password = 'a+b/c ä&<"CANARY'
  const config = { basicAuth: { username: 'ada', password } }

  test.each(['application/json', 'text/plain', 'text/html'])('is not logged (%s)', async (type) => {
    const lines = await logged(
      { headers: { 'content-type': type }, body: `{"message":"for ${write(password)} no user"}` },
      config,
    )
    expect(lines).not.toContain('CANARY')
    expect(lines).toMatch(/for \*\*\* no user/)
  })

  test('is in no cause of an error', async () => {
    const transport = async (): Promise<Response> => {
      throw new Error(`for ${write(password)} no connection`)
    }
    const client = new HttpClient({ baseUrl: 'https://api.example.com', transport, ...config })
    const error = await client.get('/').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'connection', cause: { message: 'for *** no connection' } })
  })
})

test.each([
  ['an excluded path that a redirect led to', { excludedPaths: ['/health'] }, false],
  ['another origin that a given fetch was led to by itself', { headerName: 'X-Token' }, true],
])('nor is one that is repeated by %s', async (_where, more, isLedByItself) => {
  const transport = async (url: string): Promise<Response> => {
    if (!isLedByItself && url.endsWith('/')) return Response.redirect('https://api.example.com/health')
    const response = new Response(`hello ${token}`, { headers: { 'content-type': 'text/plain' } })
    const led = { redirected: { value: true }, url: { value: 'https://other.example/' } }
    return isLedByItself ? Object.defineProperties(response, led) : response
  }
  const tokenAuth = { tokenManager: { getToken: async () => ({ accessToken: token }) }, ...more }
  const lines = await logged({}, { transport, tokenAuth })
  expect(lines).not.toContain('CANARY')
  expect(lines).toContain('hello ***')
})

test('nor is one that was replaced, which the answer to its successor repeats', async () => {
  const tokenManager = { getToken: async () => ({ accessToken: token }), replaceToken: async () => ({ accessToken: 'new' }) }
  const transport = async (_url: string, init: RequestInit): Promise<Response> => {
    const isNew = new Headers(init.headers).get('authorization') === 'Bearer new'
    return new Response(`hello after ${token}`, { status: isNew ? 200 : 401, headers: { 'content-type': 'text/plain' } })
  }
  const lines = await logged({}, { transport, tokenAuth: { tokenManager } })
  expect(lines).toContain('"status":200')
  expect(lines).not.toContain('CANARY')
})

describe('nor are', () => {
  const repeated = (text: string): Answer => ({ headers: json, body: JSON.stringify({ message: `${text} is not known here` }) })

  test.each<[string, string, HttpClientConfig, RequestOptions]>([
    ['an API key', 'canary-key-7', { apiKey: { key: 'canary-key-7' } }, {}],
    ['an API key in a header of its own', 'canary-key-7', { apiKey: { key: 'canary-key-7', headerName: 'x-own' } }, {}],
    ['a static token', 'canarytoken', { bearerToken: 'canarytoken' }, {}],
    ['a session in a cookie', 'canary51be', { headers: { cookie: 'lang=de; session=canary51be' } }, {}],
    ["a request's own Authorization", 'canarytoken', {}, { headers: { authorization: 'Token canarytoken' } }],
    ['a key in a query', 'canary 51be', {}, { params: { api_key: 'canary 51be' } }],
    ['what looks like one in a query', 'canary-51be', {}, { params: { key: 'canary-51be' } }],
    ['a password in Basic', 'canary pässword', { basicAuth: { username: 'ada', password: 'canary pässword' } }, {}],
    [
      'a password in Basic beside a token in a header of its own',
      'canary pässword',
      {
        basicAuth: { username: 'ada', password: 'canary pässword' },
        tokenAuth: { headerName: 'x-token', tokenManager: { getToken: async () => ({ accessToken: token }) } },
      },
      {},
    ],
    ["a request's own password in Basic", 'canary:pass', {}, { headers: { authorization: `basic ${btoa('ada:canary:pass')}` } }],
    ['what follows a scheme', 'Y2FuYXJ5OmNhbmFyeQ==', { basicAuth: { username: 'canary', password: 'canary' } }, {}],
  ])('%s', async (_what, secret, config, options) => {
    expect(await logged(repeated(secret), config, options)).not.toMatch(/canary|Y2FuYXJ5/)
  })

  test('what a server says of a header that the configuration calls sensitive', async () => {
    const config = { logging: { logHeaders: true, sensitiveKeys: ['x-tenant'] } }
    const lines: unknown[] = []
    const write = (...line: unknown[]): void => void lines.push(line)
    const logger = { debug: write, info: write, warn: write, error: write }
    const transport = async (): Promise<Response> => new Response('', { headers: { 'x-note': 'tenant canary' } })
    const client = new HttpClient({ baseUrl: 'https://a.example', transport, logging: { ...config.logging, logger } })
    await client.get('/', { headers: { 'x-tenant': 'canary' } })
    expect(JSON.stringify(lines)).not.toContain('canary')
  })
})

test('ordinary words stay, also where the request had them', async () => {
  const body = { message: 'Bearer tokens of the session are for customer payments', status: 'pending', number: '12345678' }
  const config: HttpClientConfig = {
    bearerToken: 'canary-token-1',
    headers: { 'x-team': 'payments', cookie: 'session=abcdefgh; who=customer', 'content-type': 'application/vnd.acme.v3+json' },
  }
  const headers = { 'content-type': 'application/vnd.acme.v3+json', 'x-request-id': 'request-4711' }
  const options = { params: { status: 'pending', number: '12345678' }, headers: { 'x-request-id': 'request-4711' } }
  const lines = await logged({ headers, body: JSON.stringify(body) }, config, options)
  expect(JSON.parse(lines)).toMatchObject([[expect.any(String), { responseBody: body, responseHeaders: headers }]])
})
