import { createPathMatcher } from '../packages/core/src/path-matcher.ts'
import { checkRequestOptions } from '../packages/core/src/request-options.ts'
import { resolveConfig } from '../packages/core/src/resolve-config.ts'
import { originOf, resolveUrl } from '../packages/core/src/url.ts'

// What the client's own decisions cost for each request, in nanoseconds: medians of interleaved rounds.
const rounds = 15
const calls = 100_000
const config = resolveConfig({
  baseUrl: 'https://api.example.com/v1',
  headers: { 'x-team': 'blue' },
  bearerToken: 'a'.repeat(740),
})
const urls = Array.from({ length: 64 }, (_, index) => `https://api.example.com/v1/users/${index}/posts?page=2`)
const ownHeaders = { 'x-trace': 'abc', 'content-type': 'application/json' }

type Work = (index: number) => unknown

const works = new Map<string, Work>([
  ['nothing', () => undefined],
  ['resolveUrl, plain path', (index) => resolveUrl(config.baseUrl, index % 2 === 0 ? '/users/42/posts' : 'users/43', undefined)],
  ['resolveUrl, plain path, 3 params', () => resolveUrl(config.baseUrl, '/users', { page: 2, sort: 'name', active: true })],
  ['resolveUrl, escapes', () => resolveUrl(config.baseUrl, '/users/a%20b', undefined)],
  ['resolveUrl, absolute', () => resolveUrl(config.baseUrl, 'https://api.example.com/v1/users', undefined)],
  ['isTrustedOrigin(originOf)', (index) => config.isTrustedOrigin(originOf(urls[index % 64] ?? ''))],
  ['credential headers merged', () => ({ ...config.credentialHeaders, ...ownHeaders, authorization: 'x' })],
  ['checkRequestOptions, one header', () => checkRequestOptions({ headers: { 'x-trace': 'abc' } }, 'GET')],
])
for (const count of [1, 10, 100, 1_000]) {
  const patterns = Array.from({ length: count }, (_, index) => `/public/${index}/*`)
  const known = createPathMatcher({ paths: ['/health'], patterns, basePath: '/v1' })
  const fresh = createPathMatcher({ paths: ['/health'], patterns, basePath: '/v1' })
  works.set(`isExcluded, ${count} patterns, known path`, (index) => known(urls[index % 64] ?? ''))
  works.set(`isExcluded, ${count} patterns, new path`, (index) =>
    fresh(`https://api.example.com/v1/users/${index}${performance.now()}`),
  )
}

const samples = new Map<string, number[]>()
for (let round = -3; round < rounds; round++) {
  for (const [name, work] of works) {
    const ns = nanosecondsPerCall(work)
    // Negative rounds warm up.
    if (round >= 0) samples.set(name, [...(samples.get(name) ?? []), ns])
  }
}
console.log(`ns per call, medians of ${rounds} rounds of ${calls}, Node ${process.version}`)
for (const [name, values] of samples) console.log(`${name.padEnd(44)} ${median(values).toFixed(0).padStart(7)}`)

function nanosecondsPerCall(work: Work): number {
  let kept: unknown
  const before = process.hrtime.bigint()
  for (let index = 0; index < calls; index++) kept = work(index)
  const elapsed = Number(process.hrtime.bigint() - before)
  // Read, so that the loop cannot be optimised away.
  return kept === samples ? Number.NaN : elapsed / calls
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
