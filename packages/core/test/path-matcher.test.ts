import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPathMatcher, readPaths } from '../src/path-matcher.ts'
import { readPattern } from '../src/path-pattern.ts'
import { PatternAutomaton } from '../src/pattern-automaton.ts'

const origin = 'https://api.example.com'

function isExcluded(path: string, rules: { paths?: string[]; patterns?: string[]; basePath?: string }): boolean {
  return createPathMatcher({ paths: [], patterns: [], basePath: '', ...rules })(new URL(origin + path).href)
}

describe('an exact path', () => {
  test.each([
    ['/health', true],
    ['/health?x=1', true],
    ['/health#f', true],
    ['/health?/other', true],
    ['/%68ealth', true],
    ['/heal%74h', true],
    ['/x/../health', true],
    ['/x/%2e%2E/health', true],
    ['/./health', true],
    ['/health/', false],
    ['/Health', false],
    ['/%2Fhealth', false],
    ['/health%2F', false],
    ['/healthz', false],
    ['/x/health', false],
    ['/other?/health', false],
    ['//health', false],
  ])('"/health" and %s: %s', (path, expected) => {
    expect(isExcluded(path, { paths: ['/health'] })).toBe(expected)
  })

  test.each([
    ['/@me', '/%40me', true],
    ['/%40me', '/@me', true],
    ['/sp!ce', '/sp%21ce', true],
    ["/a:b;c,d=e+f&g$(h)'i*j", '/a%3Ab%3bc%2Cd%3De%2Bf%26g%24%28h%29%27i%2Aj', true],
    ['/a[1]', '/a%5B1%5D', true],
    ['/a%3Fb', '/a%3fb', true],
    ['/a%2Fb', '/a/b', false],
    ['/a%2Fb', '/a%252Fb', false],
    ['/a%41', '/a%2541', false],
    ['/100%25', '/100%25', true],
  ])('"%s" and %s: %s', (entry, path, expected) => {
    expect(isExcluded(path, { paths: [entry] })).toBe(expected)
  })

  test('is literal: a star in it is a star', () => {
    expect(isExcluded('/public/x', { paths: ['/public/*'] })).toBe(false)
    expect(isExcluded('/public/*', { paths: ['/public/*'] })).toBe(true)
  })

  test('may be written without its slash, with escapes or with letters that URLs escape', () => {
    expect(isExcluded('/health', { paths: ['health'] })).toBe(true)
    expect(isExcluded('/health', { paths: ['/heal%74h'] })).toBe(true)
    expect(isExcluded('/f%C3%BCr alle', { paths: ['/für alle'] })).toBe(true)
  })

  test('is matched as written under the base URL and as the full path', () => {
    for (const entry of ['/health', '/v1/health']) {
      expect(isExcluded('/v1/health', { paths: [entry], basePath: '/v1' })).toBe(true)
    }
    expect(isExcluded('/v1x/health', { paths: ['/health'], basePath: '/v1' })).toBe(false)
    expect(isExcluded('/v2/health', { paths: ['/health'], basePath: '/v1' })).toBe(false)
  })

  test('is the root under the base URL with and without its slash', () => {
    for (const path of ['/v1', '/v1/']) {
      expect(isExcluded(path, { paths: ['/'], basePath: '/v1' })).toBe(true)
      expect(isExcluded(path, { patterns: ['/*'], basePath: '/v1' })).toBe(true)
    }
    expect(isExcluded('/v1/a', { paths: ['/'], basePath: '/v1' })).toBe(false)
    expect(isExcluded('/v10', { paths: ['/'], basePath: '/v1' })).toBe(false)
  })
})

describe('a pattern', () => {
  test.each([
    ['/pub/*', '/pub/', true],
    ['/pub/*', '/pub/a/b', true],
    ['/pub/*', '/pub', false],
    ['/pub/*', '/pub/../admin', false],
    ['/pub/*', '/pub/%2e%2e/admin', false],
    ['/pub/*', '/PUB/a', false],
    ['/pub/*', '/x?/pub/a', false],
    ['pub/*', '/pub/a', true],
    ['*/health', '/x/health', true],
    ['*/health', '/health', true],
    ['*/health', '/x/health/y', false],
    ['/api/v*/status', '/api/v1/status', true],
    ['/api/v*/status', '/api/v/status', true],
    ['/api/v*/status', '/api/v1/x/status', true],
    ['/api/v*/status', '/api//status', false],
    ['/a?c', '/abc', true],
    ['/a?c', '/a/c', true],
    ['/a?c', '/ac', false],
    ['/a?c', '/a%C3%BCc', true],
    ['/a[bc]d', '/abd', true],
    ['/a[!bc]d', '/abd', false],
    ['/a[!bc]d', '/axd', true],
    ['/v[0-9]', '/v7', true],
    ['/v[0-9]', '/vx', false],
    ['/a[]]b', '/a]b', true],
    ['/a[b', '/a[b', true],
    ['/[z-a]', '/b', false],
    ['/a**b', '/a/x/b', true],
    ['/{a,b}', '/a', false],
    ['/a.b', '/axb', false],
    ['/f%C3%BCr/*', '/für/x', true],
    ['/für/*', '/f%c3%bcr/x', true],
    ['/a%2Fb', '/a%2fb', true],
    ['/a%2Fb', '/a/b', false],
    ['/@me/*', '/%40me/x', true],
    ['/users/%40*', '/users/@me', true],
    ['/a%2Ab', '/a*b', true],
    ['/a%2Ab', '/axb', false],
    ['/a%3Fb', '/a%3Fb', true],
    ['/a%3Fb', '/axb', false],
    ['/a%5Bbc%5D', '/a[bc]', true],
    ['/a%5Bbc%5D', '/ab', false],
    ['/a[*]b', '/a%2ab', true],
    ['/a[%2Ac]', '/a*', true],
    ['/a[%2Ac]', '/a*c]', false],
    ['/a[b%5Dc]', '/a]', true],
    ['/a[%5Bc]', '/ac', true],
    ['/a[%21b]', '/ab', true],
    ['/a[%21b]', '/ac', false],
    ['/a[b%2Dd]', '/a-', true],
    ['/a[b%2Dd]', '/ac', false],
    ['/a[!%2D]', '/a-', false],
    ['/x/../pub/*', '/pub/a', true],
    ['/./pub/*', '/pub/a', true],
    ['/x/%2e%2E/pub/*', '/pub/a', true],
    ['/../pub/*', '/pub/a', true],
    ['/pub/*/..', '/pub/', true],
  ])('%s and %s: %s', (pattern, path, expected) => {
    expect(isExcluded(path, { patterns: [pattern] })).toBe(expected)
  })
})

/** What a pattern means, as slowly and plainly as it can be said. */
function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] === '*')
    return Array.from({ length: text.length + 1 }, (_, i) => text.slice(i)).some((rest) => naive(pattern.slice(1), rest))
  const set = /^\[(!?)([a-c]+)\]/.exec(pattern)
  if (set !== null) {
    const isIn = text !== '' && (set[2] ?? '').includes(text[0] ?? '')
    return text !== '' && isIn !== (set[1] === '!') && naive(pattern.slice(set[0].length), text.slice(1))
  }
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && naive(pattern.slice(1), text.slice(1))
}

test('many patterns together match exactly where one of them does', () => {
  const pattern = fc
    .array(fc.constantFrom('a', 'b', '/', '*', '?', '[ab]', '[!a]'), { maxLength: 6 })
    .map((parts) => parts.join(''))
  const text = fc.array(fc.constantFrom('a', 'b', 'c', '/'), { maxLength: 8 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 5 }), fc.array(text, { maxLength: 5 }), (patterns, texts) => {
      const automaton = new PatternAutomaton(patterns)
      for (const each of texts) expect(automaton.matches(each)).toBe(patterns.some((one) => naive(one, each)))
    }),
    { numRuns: 1_000 },
  )
})

describe('the work for a path', () => {
  test('is at most its length times the length of the patterns, however they are made', () => {
    for (const pattern of ['*a'.repeat(50), `${'*'.repeat(100)}b`, '*?'.repeat(50), '*[!b]a'.repeat(20), '*a*a*a*a*b']) {
      const path = '/'.concat('a'.repeat(2_000))
      const automaton = new PatternAutomaton([pattern])
      automaton.matches(path)
      expect(automaton.visitedCount).toBeLessThanOrEqual(path.length * (pattern.length + 1))
    }
  })

  test('is done once: a path of known characters visits no pattern again', () => {
    const automaton = new PatternAutomaton(Array.from({ length: 1_000 }, (_, index) => `/public/${index}/*`))
    automaton.matches('/users/123/posts')
    const before = automaton.visitedCount
    automaton.matches('/users/123/posts')
    expect(automaton.visitedCount).toBe(before)
  })

  test('stays right when what was learnt is forgotten', () => {
    const patterns = Array.from({ length: 300 }, (_, index) => `*x${index}*y${index}`)
    const automaton = new PatternAutomaton(patterns)
    let mostKept = 0
    for (let index = 0; index < 300; index++) {
      expect(automaton.matches(`/x${index}/${'qwertz'.repeat(index % 7)}/y${index}`)).toBe(true)
      expect(automaton.matches(`/x${index}/y${index}z`)).toBe(false)
      mostKept = Math.max(mostKept, automaton.keptCount)
    }
    expect(mostKept).toBeGreaterThan(200_000)
    expect(mostKept).toBeLessThan(260_000)
    expect(automaton.keptCount).toBeLessThan(mostKept)
  })
})

test('a decision for a URL that nobody normalised is the one for the path that servers see', () => {
  const isPublic = createPathMatcher({ paths: [], patterns: ['/public/*'], basePath: '' })
  expect(isPublic(`${origin}/public/../admin`)).toBe(false)
  expect(isPublic(`${origin}/x/%2e%2e/public/a`)).toBe(true)
})

test.each(['/health', [''], [5], ['https://api.example.com/health'], new Map().keys(), 5, {}])(
  '%s is no list of paths',
  (entries) => {
    // The types forbid it; JavaScript does not.
    expect(() => readPaths('excludedPaths', entries as never)).toThrow(/^excludedPaths must/)
  },
)

test('a pattern of many brackets that nothing closes is read in one go', () => {
  const steps = readPattern(`]/${'['.repeat(400_000)}`)
  expect(steps).toHaveLength(400_002)
  expect(steps.at(-1)?.matches('[')).toBe(true)
})
