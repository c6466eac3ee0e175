import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../src/errors.ts'
import { resolveConfig } from '../src/resolve-config.ts'
import { originOf, parseBaseUrl, resolveUrl } from '../src/url.ts'

const base = parseBaseUrl('https://api.example.com/v1')

describe('a relative URL joins the base URL and keeps its path', () => {
  test.each([
    ['users', 'https://api.example.com/v1/users'],
    ['/users', 'https://api.example.com/v1/users'],
    ['/users/', 'https://api.example.com/v1/users/'],
    ['/users/42?fields=id&fields=name', 'https://api.example.com/v1/users/42?fields=id&fields=name'],
    ['', 'https://api.example.com/v1'],
    ['/', 'https://api.example.com/v1/'],
    ['?q=1', 'https://api.example.com/v1?q=1'],
    ['#f', 'https://api.example.com/v1'],
    ['/users#f', 'https://api.example.com/v1/users'],
    ['/a b', 'https://api.example.com/v1/a%20b'],
    ['/ü', 'https://api.example.com/v1/%C3%BC'],
    ['/./users', 'https://api.example.com/v1/users'],
    ['/users/../posts', 'https://api.example.com/v1/posts'],
    ['/users/%2e%2e/posts', 'https://api.example.com/v1/posts'],
    ['/.well-known/x', 'https://api.example.com/v1/.well-known/x'],
    ['/urn:isbn:5', 'https://api.example.com/v1/urn:isbn:5'],
    ['/a//b', 'https://api.example.com/v1/a//b'],
    ['/group%2Fproject', 'https://api.example.com/v1/group%2Fproject'],
    ['@evil.com', 'https://api.example.com/v1/@evil.com'],
    ['.evil.com', 'https://api.example.com/v1/.evil.com'],
    ['\\evil.com', 'https://api.example.com/v1/evil.com'],
  ])('%j is %s', (url, expected) => {
    expect(resolveUrl(base, url, undefined)).toBe(expected)
  })

  test.each(['https://api.example.com/v1', 'https://api.example.com/v1/', 'https://API.example.com:443/v1//'])(
    'whether the base is written %s or otherwise',
    (written) => {
      expect(resolveUrl(parseBaseUrl(written), '/users', undefined)).toBe('https://api.example.com/v1/users')
    },
  )
})

test.each([
  '/../admin',
  '/../../admin',
  'users/../../admin',
  '/%2e%2e/admin',
  '/%2E%2e/admin',
  '/.%2e/admin',
  '..\\admin',
  '/\\../admin',
  '/..',
  '/../v1x',
])('%j cannot climb out of the base path', (url) => {
  expect(() => resolveUrl(base, url, undefined)).toThrow(ConfigurationError)
})

describe('no spelling of a foreign host is sent a credential', () => {
  const { isTrustedOrigin } = resolveConfig({ baseUrl: 'https://api.example.com/v1', bearerToken: 't' })

  test.each([
    'https://evil.com/x',
    'https:evil.com',
    'https:/evil.com',
    'https:///evil.com',
    'https:\\\\evil.com',
    'HTTPS://EVIL.com',
    '//evil.com/x',
    '/\\evil.com',
    '\\\\evil.com',
    '\\/evil.com',
    ' https://evil.com',
    '\thttps://evil.com',
    'ht\ntps://evil.com',
    '/\t/evil.com',
    '\u00a0//evil.com',
    '\ufeff//evil.com',
    '\u2028https://evil.com',
    'https://api.example.com.evil.com/',
    'https://api.example.com:443@evil.com/',
    'https://api.example.com@evil.com/',
    'https://api.example.com\\@evil.com/',
    'https://api.example.com%2eevil.com',
    'https://evil.com#@api.example.com/',
    'https://evil.com?@api.example.com/',
    'https://api.example.com:4430/',
    'https://api.example.com:80/',
    'http://api.example.com/',
    'https://api.example.com./',
    'ftp://api.example.com/',
    'javascript:alert(1)',
    'data:text/plain,x',
    'blob:https://api.example.com/1',
  ])('%j', (url) => {
    let target: string
    try {
      target = resolveUrl(base, url, undefined)
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError)
      return
    }
    const { origin } = new URL(target)
    // Either it went under the base path after all, or it is another origin and known as one.
    if (origin === 'https://api.example.com') expect(new URL(target).pathname).toMatch(/^\/v1|^\/@evil/)
    else expect(isTrustedOrigin(originOf(target))).toBe(false)
  })

  test("whatever the characters: what is trusted is sent to the base URL's origin", () => {
    const part = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '@',
      ':',
      '?',
      '#',
      '%2e',
      '%2f',
      '%5c',
      'https:',
      'http:',
      '//',
      'evil.com',
      'api.example.com',
      'v1',
      '\t',
      '\n',
      ' ',
      '443',
      '\u3002',
      '\u00ad',
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const target = resolvedOrRefused(parts.join(''))
        if (target === undefined) return
        const parsed = new URL(target)
        expect(target).toBe(parsed.href)
        expect(parsed.hash + parsed.username + parsed.password).toBe('')
        expect(isTrustedOrigin(originOf(target))).toBe(parsed.origin === 'https://api.example.com')
        if (!/^\s*https?:/i.test(parts.join(''))) expect(`${parsed.pathname}/`).toMatch(/^\/v1\//)
      }),
      { numRuns: 3_000 },
    )
  })
})

function resolvedOrRefused(url: string): string | undefined {
  try {
    return resolveUrl(base, url, undefined)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return undefined
  }
}

test('the fast path writes what the URL parser would', () => {
  fc.assert(
    fc.property(fc.webPath(), fc.webQueryParameters(), (path, query) => {
      fc.pre(!path.startsWith('//'))
      const url = query === '' ? path : `${path}?${query}`
      const target = resolvedOrRefused(url)
      if (target !== undefined) expect(target).toBe(new URL(target).href)
    }),
  )
})

test('an absolute URL of the same origin is taken as it is, also outside the base path', () => {
  expect(resolveUrl(base, 'https://API.example.com:443/other', undefined)).toBe('https://api.example.com/other')
  expect(resolveUrl(base, new URL('https://api.example.com/other#f'), undefined)).toBe('https://api.example.com/other')
})

test('a user name or password in a URL is refused and not repeated', () => {
  for (const url of ['https://ada:canary@api.example.com/', 'ada:canary@api.example.com']) {
    expect(() => resolveUrl(base, url, undefined)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('canary') }),
    )
    expect(() => parseBaseUrl(url)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('canary') }))
  }
})

test.each([
  'api.example.com',
  '/v1',
  'ftp://api.example.com',
  'https://api.example.com/?a=1',
  'https://api.example.com/#f',
  '',
  5,
  null,
])('%j is no base URL', (url) => {
  expect(() => parseBaseUrl(url)).toThrow(ConfigurationError)
})

test('without a base URL only absolute URLs are taken', () => {
  expect(resolveUrl(undefined, 'https://api.example.com', undefined)).toBe('https://api.example.com/')
  expect(() => resolveUrl(undefined, '/users', undefined)).toThrow(/absolute/)
})

test.each([
  'http://user:canary/x@proxy:80',
  'http://user:canary#x@proxy:80',
  'http://user:canary?x@proxy:80',
  'user:canary/x@proxy',
])('the message about %s does not show the password', (baseUrl) => {
  expect(() => resolveConfig({ baseUrl })).toThrow(expect.objectContaining({ message: expect.not.stringContaining('canary') }))
  expect(() => resolveConfig({ proxy: baseUrl })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('canary') }),
  )
})
