import { ConfigurationError } from './errors/configuration-error.ts'
import { isList, kindOf, shown } from './option-checks.ts'
import { literally } from './path-pattern.ts'
import { PatternAutomaton } from './pattern-automaton.ts'

/** Which paths go without a token. */
export interface PathRules {
  /** Exact, as written under the base URL or as the full path. */
  readonly paths: readonly string[]
  /** With `*`, `?` and `[…]`. */
  readonly patterns: readonly string[]
  /** The base URL's path, without a trailing slash. */
  readonly basePath: string
}

const dotSegment = /\/(?:\.|%2e){1,2}(?:\/|$)/i

/** Decisions kept; the oldest goes first. */
const decisionLimit = 1_000

/** Decides for the URL that is really sent whether its path is one of those named. Query and fragment never count, case always does. */
export function createPathMatcher({ paths, patterns, basePath }: PathRules): (url: string) => boolean {
  if (paths.length === 0 && patterns.length === 0) return () => false
  const exact = new Set(paths.map(normalisedEntry))
  const automaton = new PatternAutomaton(patterns.map(normalisedPattern))
  const base = decodedPath(basePath)
  const matches = (path: string): boolean => exact.has(path) || automaton.matches(path)
  const decide = (rawPath: string): boolean => {
    // Hooks and middleware may put in a URL that nobody has normalised.
    const path = decodedPath(dotSegment.test(rawPath) ? new URL(`http://localhost${rawPath}`).pathname : rawPath)
    if (matches(path)) return true
    const isUnderBase = base !== '' && (path === base || path.startsWith(`${base}/`))
    return isUnderBase && matches(path.slice(base.length) || '/')
  }
  const decisions = new Map<string, boolean>()
  return (url) => {
    const path = pathOf(url)
    let decision = decisions.get(path)
    if (decision === undefined) {
      decision = decide(path)
      if (decisions.size >= decisionLimit) decisions.delete(decisions.keys().next().value ?? path)
      decisions.set(path, decision)
    }
    return decision
  }
}

/** @throws ConfigurationError unless `entries` is an array or Set of strings */
export function readPaths(option: string, entries: Iterable<string> | undefined): readonly string[] {
  if (entries === undefined) return []
  if (!isList(entries))
    throw new ConfigurationError(`${option} must be an array or a Set of paths (got ${kindOf(entries)})`, { option })
  const read = [...entries]
  for (const entry of read) {
    if (typeof entry !== 'string' || entry === '' || entry.includes('://')) {
      throw new ConfigurationError(`${option} must hold paths such as "/health" (got ${shown(entry)})`, { option })
    }
  }
  return read
}

/** The path of an absolute URL. */
function pathOf(url: string): string {
  const start = url.indexOf('/', 8)
  if (start === -1) return '/'
  const end = url.search(/[?#]/)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}

/** An exact entry the way a request's path would come out: dot segments resolved, without its query. */
function normalisedEntry(entry: string): string {
  return decodedPath(new URL(`http://localhost${entry.startsWith('/') ? '' : '/'}${entry}`).pathname)
}

/** `public/*` is `/public/*`, as `users` is `/users`. */
function normalisedPattern(pattern: string): string {
  const decoded = decodedPath(/^[/*?[]/.test(pattern) ? pattern : `/${pattern}`, literalInPattern)
  return dotSegment.test(decoded) ? withoutDotSegments(decoded) : decoded
}

/** As in a path; a leading `..` goes nowhere. */
function withoutDotSegments(pattern: string): string {
  const kept: string[] = []
  for (const segment of pattern.split('/')) {
    if (segment === '..') kept.splice(Math.max(1, kept.length - 1))
    else if (segment !== '.') kept.push(segment)
  }
  return kept.join('/') + (/\/\.{1,2}$/.test(pattern) ? '/' : '')
}

/** Escapes are undone, but for those of what would then mean something else: an escaped slash (`%2F`) separates nothing. */
function decodedPath(path: string, ascii: (escaped: string) => string = decodedAscii): string {
  if (!path.includes('%')) return path
  return path.replace(/%[0-7][\da-f]/gi, ascii).replace(/(?:%[89a-f][\da-f])+/gi, decodedUtf8)
}

function decodedAscii(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
  return /[ -~]/.test(character) && character !== '/' && character !== '%' ? character : escaped.toUpperCase()
}

/** What was escaped in a pattern stands for itself. */
function literalInPattern(escaped: string): string {
  const character = decodedAscii(escaped)
  return /^[*?[\]!-]$/.test(character) ? literally(character) : character
}

function decodedUtf8(escapes: string): string {
  try {
    return decodeURIComponent(escapes)
  } catch {
    // Not UTF-8: compared as it is.
    return escapes.toUpperCase()
  }
}
