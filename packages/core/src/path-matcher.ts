import { ConfigurationError } from './errors/configuration-error.ts'
import { shown } from './option-checks.ts'
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

/** Decisions kept; the oldest goes first. */
const decisionLimit = 1_000

/** Decides for the URL that is really sent whether its path is one of those named. Query and fragment never count, case always does. */
export function createPathMatcher({ paths, patterns, basePath }: PathRules): (url: string) => boolean {
  if (paths.length === 0 && patterns.length === 0) return () => false
  const exact = new Set(paths.map(normalisedEntry))
  const automaton = new PatternAutomaton(patterns.map(decodedPath))
  const base = decodedPath(basePath)
  const matches = (path: string): boolean => exact.has(path) || automaton.matches(path)
  const decide = (rawPath: string): boolean => {
    const path = decodedPath(rawPath)
    return matches(path) || (base !== '' && path.startsWith(`${base}/`) && matches(path.slice(base.length)))
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

/** @throws ConfigurationError unless `entries` is an iterable of strings */
export function readPaths(option: string, entries: Iterable<string> | undefined): readonly string[] {
  if (entries === undefined) return []
  if (typeof entries !== 'object' || entries === null || !(Symbol.iterator in entries)) {
    throw new ConfigurationError(`${option} must be an array or a Set of paths (got ${shown(entries)})`, { option })
  }
  const read = [...entries]
  for (const entry of read) {
    if (typeof entry !== 'string' || entry === '') {
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

const reserved = new Set([...":/?#[]@!$&'()*+,;=%\\"])

/** Escapes that mean the same as their character are undone; an escaped reserved character (`%2F`) stays another than the bare one. */
function decodedPath(path: string): string {
  if (!path.includes('%')) return path
  return path.replace(/(?:%[\da-f]{2})+/gi, (escapes) => {
    let decoded: string
    try {
      decoded = decodeURIComponent(escapes)
    } catch {
      return escapes.toUpperCase() // not UTF-8: compared as it is
    }
    return [...decoded]
      .map((character) => (reserved.has(character) || character < ' ' ? encodedCharacter(character) : character))
      .join('')
  })
}

function encodedCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`
}
