import type { HttpClientConfig } from './config.ts'
import { readHeaders } from './header-checks.ts'
import { inspection } from './inspection.ts'
import { shownConfig } from './shown-config.ts'

/** The members that hold nothing but options; all others (strategies, clocks, transports) belong to the user and stay as they are. */
const groups = ['apiKey', 'basicAuth', 'redirects', 'hooks', 'middleware', 'tls'] as const

/** A copy that nobody changes any more: sets and lists of options become frozen arrays, headers of whatever kind a frozen object. */
export function frozenConfig(config: HttpClientConfig): HttpClientConfig {
  const copy: Record<string, unknown> = { ...config }
  // A URL can be changed, freezing or not.
  for (const name of ['baseUrl', 'proxy']) if (copy[name] instanceof URL) copy[name] = String(copy[name])
  if (config.headers !== undefined) copy['headers'] = Object.freeze(readHeaders('headers', config.headers))
  for (const name of groups) if (name in copy) copy[name] = frozenCopy(copy[name])
  copy['tokenAuth'] = frozenGroup(config.tokenAuth, ['excludedPaths', 'excludedPathPatterns', 'allowedOrigins'])
  copy['logging'] = frozenGroup(config.logging, ['sensitiveKeys'])
  for (const [name, value] of Object.entries(copy)) if (value === undefined) delete copy[name]
  // Hidden, so that a copy is as plain as ever.
  for (const name of [inspection, 'toJSON']) Object.defineProperty(copy, name, { value: () => shownConfig(copy) })
  return Object.freeze(copy)
}

function frozenGroup(group: object | undefined, lists: readonly string[]): unknown {
  // What is no object is left for the check to name.
  if (typeof group !== 'object' || group === null) return group
  const copy: Record<string, unknown> = { ...group }
  for (const list of lists) if (list in copy) copy[list] = frozenList(copy[list])
  return Object.freeze(copy)
}

function frozenList(list: unknown): unknown {
  const isIterable = typeof list === 'object' && list !== null && Symbol.iterator in list
  return isIterable ? Object.freeze([...(list as Iterable<unknown>)]) : list
}

function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze([...value])
  return typeof value === 'object' && value !== null ? Object.freeze({ ...value }) : value
}
