import type { HeaderMap } from './handler.ts'
import { harmlessText } from './harmless-cause.ts'
import { bodyHeaders, harmlessHeaders } from './header-names.ts'
import { secretHider } from './hide-secrets.ts'

/** What is shorter is found in many a word that is no secret. */
const shortestSecret = 6
/** The same of what only looks like one. */
const shortestLikelySecret = 8

/** Takes out of words what a request had in its query and in its headers: platforms repeat it in what they throw, with a name or without. */
export function withoutRepeatedSecrets(url: string, headers: HeaderMap): (text: string) => string {
  const secrets = [...secretsOfQuery(queryOf(url)), ...secretsOfHeaders(headers)]
  const withoutValues = secretHider(secrets.filter((secret) => secret.length >= shortestSecret))
  return (text) => harmlessText(withoutValues(text))
}

/** What a request was sent with. */
export interface SentSecrets {
  readonly urls: readonly string[]
  /** The caller's own headers: credentials as far as their names say so. */
  readonly headers: HeaderMap
  /** The client's own. */
  readonly credentials: HeaderMap
  /** Whatever header it was sent in. */
  readonly tokens: readonly string[]
}

/**
 * Takes the credentials of a request out of its answer, which may repeat them without a name. Answers are read by people, so that what may
 * as well be an ordinary word or number stays, unless its name says that it is a secret.
 */
export function withoutRepeatedCredentials(
  { urls, headers, credentials, tokens }: SentSecrets,
  isSensitive: (name: string) => boolean,
): (text: string) => string {
  const queries = urls.flatMap((url) => [...new URLSearchParams(queryOf(url))])
  const own = Object.entries(headers).filter(([name]) => isSensitive(name) || name in credentials)
  const sent = [...own, ...Object.entries(credentials)].filter(([name]) => !bodyHeaders.has(name))
  const given = [...queries, ...sent, ...tokens.map((token) => ['authorization', token] as const)]
  return secretHider(given.flatMap(([name, value]) => credentialsIn(value, isSensitive(name))))
}

function queryOf(url: string): string {
  return /\?([^#]+)/.exec(url)?.[1] ?? ''
}

/** The value, what follows its scheme, and what in it looks as nothing but a credential does: in a cookie, among other things. */
function credentialsIn(value: string, isSecret: boolean): readonly string[] {
  const secrets = isSecret ? [value, value.replace(/^\S+\s+/, ''), ...inBasic(value)] : []
  const surely = secrets.filter((text) => text.length >= shortestSecret)
  return [...surely, ...value.split(/[\s,;=]+/).filter(isLikelySecret)]
}

/** No plain word, and no plain number: of letters and digits both, or longer than words are. */
function isLikelySecret(text: string): boolean {
  return (text.length >= shortestLikelySecret && /\d/.test(text) && /[a-z]/i.test(text)) || /[a-z\d]{21}/i.test(text)
}

/** The whole of it and each value, as they are sent and as people read them. */
function secretsOfQuery(query: string): readonly string[] {
  const values = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1))
  return [query, ...values].flatMap((text) => [text, ...unescaped(text), ...unescaped(text.replaceAll('+', ' '))])
}

function unescaped(text: string): readonly string[] {
  try {
    return [decodeURIComponent(text)]
  } catch {
    return []
  }
}

/** Whole values, and the credentials in them: behind a scheme, or in a cookie. */
function secretsOfHeaders(headers: HeaderMap): readonly string[] {
  const names = Object.keys(headers).filter((name) => !harmlessHeaders.has(name) && !bodyHeaders.has(name))
  return names.flatMap((name) => {
    const value = headers[name] ?? ''
    return [value, ...value.split(/[\s,;=]+/), ...inBasic(value)]
  })
}

/** A name with its password, and the password: Basic wraps them, and hides nothing (RFC 7617 section 2). */
function inBasic(value: string): readonly string[] {
  const base64 = /^Basic\s+(\S+)$/i.exec(value)?.[1]
  if (base64 === undefined) return []
  try {
    const pair = new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)))
    return [pair, pair.slice(pair.indexOf(':') + 1)]
  } catch {
    // No Base64: a header of the caller's own.
    return []
  }
}
