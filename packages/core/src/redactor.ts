import type { HeaderMap, HttpRequestBody } from './handler.ts'
import { harmlessText, withoutQuery } from './harmless-cause.ts'
import { type IsSensitive, textWithoutSecrets } from './redacted-text.ts'
import { mask, redactUrl, sensitiveNameTest } from './redaction.ts'

/** Makes what is shown harmless: names decide, at any depth and in any spelling. */
export interface Redactor {
  headers(headers: HeaderMap, clean?: (text: string) => string): HeaderMap
  /**
   * JSON and forms with secrets masked, text likewise as far as names can be told from values; for other bodies what they are.
   *
   * @param clean takes out of a text what is known to be a secret
   */
  body(body: HttpRequestBody, clean?: (text: string) => string): unknown
  /** The value of a form's field. */
  field(name: string, value: string): string
  url(url: string): string
  /** Free text: what follows a sensitive name or an authentication scheme is masked, and so are the queries of URLs. */
  text(text: string): string
}

/** How many times as long as what is shown of it a body may be to be searched for secrets. */
const searchedTimes = 256

/** What of a body is a secret, and how much of the rest is shown. */
interface Rules {
  readonly isSensitive: IsSensitive
  readonly field: Redactor['field']
  redactText(text: string): string
  readonly shownLimit: number
}

/**
 * @param furtherNames added to the well-known ones
 * @param shownLimit the longest text of a body that is shown, in characters
 */
export function createRedactor(furtherNames: Iterable<string> = [], shownLimit = 4_096): Redactor {
  const isSensitive = sensitiveNameTest(furtherNames)
  const redactText = (text: string): string => textWithoutSecrets(text, isSensitive)
  const field = (name: string, value: string): string => (isSensitive(name) ? mask : redactText(value))
  const rules = { isSensitive, field, redactText, shownLimit }
  return {
    headers: (headers, clean = asItIs) =>
      Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          isSensitive(name) ? mask : headerWithoutSecrets(name, clean(value), redactText),
        ]),
      ),
    body: (body, clean = asItIs) => bodyWithoutSecrets(body, rules, clean),
    field,
    url: redactUrl,
    text: (text) => harmlessText(text, isSensitive),
  }
}

const asItIs = (text: string): string => text

const urlHeaders: ReadonlySet<string> = new Set(['location', 'content-location', 'referer', 'refresh'])
/** Signed URLs come in lists of links, and in headers of any name. */
const urlInHeader = /(?<=<)([^<>]*)(?=>)|\bhttps?:\/\/[^\s"'<>]*/gi

function headerWithoutSecrets(name: string, value: string, redactText: (text: string) => string): string {
  if (urlHeaders.has(name.toLowerCase())) return redactUrl(value)
  const harmless = value.replace(urlInHeader, (url: string, linked?: string) =>
    linked === undefined ? withoutQuery(url) : redactUrl(linked),
  )
  return redactText(harmless)
}

function bodyWithoutSecrets(given: HttpRequestBody, rules: Rules, clean: (text: string) => string): unknown {
  const { redactText, shownLimit } = rules
  if (given instanceof URLSearchParams) return shortened(formWithoutSecrets(given, rules), shownLimit)
  if (typeof given !== 'string') return `[${given.constructor.name}]`
  if (given.length > shownLimit * searchedTimes) return `[text of ${given.length} characters]`
  const body = clean(given)
  if (/^\s*[[{"]/.test(body)) {
    try {
      const value = jsonWithoutSecrets(JSON.parse(body), rules)
      return body.length <= shownLimit ? value : shortened(JSON.stringify(value), shownLimit)
    } catch {
      // No JSON after all, or cut off: shown as text.
    }
  }
  const form = body.trim()
  // A URL is none, though its query looks like one.
  const isForm = /^[^\s=&<{/?#:]+=\S*$/.test(form)
  return shortened(isForm ? formWithoutSecrets(new URLSearchParams(form), rules) : redactText(body), shownLimit)
}

function jsonWithoutSecrets(value: unknown, rules: Rules): unknown {
  const inside = (member: unknown): unknown => jsonWithoutSecrets(member, rules)
  if (typeof value === 'string') return stringWithoutSecrets(value, rules)
  if (Array.isArray(value)) return value.map(inside)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, rules.isSensitive(name) ? mask : inside(member)]),
  )
}

/** JSON is often wrapped in JSON as text. */
function stringWithoutSecrets(text: string, rules: Rules): string {
  if (!/^\s*[[{"]/.test(text)) return rules.redactText(text)
  try {
    return JSON.stringify(jsonWithoutSecrets(JSON.parse(text), rules))
  } catch {
    return rules.redactText(text)
  }
}

function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}…`
}

/** Encoded again: else an `&` in a value would begin another field. */
function formWithoutSecrets(form: URLSearchParams, { field }: Rules): string {
  return new URLSearchParams([...form].map(([name, value]) => [name, field(name, value)])).toString()
}
