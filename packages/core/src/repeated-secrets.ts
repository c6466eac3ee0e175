import type { HeaderMap } from './handler.ts'
import { harmlessText } from './harmless-cause.ts'
import { mask } from './redaction.ts'
import { bodyHeaders, harmlessHeaders } from './redirect-hop.ts'

/** What is shorter is found in many a word that is no secret. */
const shortestSecret = 6

/** Takes out of words what a request had in its query and in its headers: platforms repeat it in what they throw, with a name or without. */
export function withoutRepeatedSecrets(url: string, headers: HeaderMap): (text: string) => string {
  const secrets = [...secretsOfQuery(/\?([^#]+)/.exec(url)?.[1] ?? ''), ...secretsOfHeaders(headers)]
    .filter((secret) => secret.length >= shortestSecret)
    // What is part of another must not leave the rest of it.
    .sort((one, other) => other.length - one.length)
  return (text) => harmlessText(secrets.reduce((words, secret) => words.replaceAll(secret, mask), text))
}

/** The whole of it and each value, as they are sent and as people read them. */
function secretsOfQuery(query: string): readonly string[] {
  const values = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1))
  return [query, ...values].flatMap((text) => [text, ...spellings(text), ...spellings(text.replaceAll('+', ' '))])
}

function spellings(text: string): readonly string[] {
  try {
    const plain = decodeURIComponent(text)
    return [plain, decodeURI(text), encodeURIComponent(plain)]
  } catch {
    return []
  }
}

/** Whole values, and the credentials in them: behind a scheme, or in a cookie. */
function secretsOfHeaders(headers: HeaderMap): readonly string[] {
  const names = Object.keys(headers).filter((name) => !harmlessHeaders.has(name) && !bodyHeaders.has(name))
  return names.flatMap((name) => [headers[name] ?? '', ...(headers[name] ?? '').split(/[\s,;=]+/)])
}
