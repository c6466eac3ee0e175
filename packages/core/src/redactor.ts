import type { HeaderMap, HttpRequestBody } from './handler.ts'
import { harmlessText } from './harmless-cause.ts'
import { textWithoutSecrets } from './redacted-text.ts'
import { mask, redactUrl, sensitiveNameTest } from './redaction.ts'

/** Makes what is shown harmless: names decide, at any depth and in any spelling. */
export interface Redactor {
  headers(headers: HeaderMap): HeaderMap
  /** JSON and forms with secrets masked, text likewise as far as names can be told from values; for other bodies what they are. */
  body(body: HttpRequestBody): unknown
  url(url: string): string
  /** Free text: what follows a sensitive name or an authentication scheme is masked, and so are the queries of URLs. */
  text(text: string): string
}

/** The longest text of a body that is shown, and the longest that is searched for secrets, in characters. */
const shownLimit = 4_096
const parsedLimit = 1_048_576

/** @param furtherNames added to the well-known ones */
export function createRedactor(furtherNames: Iterable<string> = []): Redactor {
  const isSensitive = sensitiveNameTest(furtherNames)
  const redactText = (text: string): string => textWithoutSecrets(text, isSensitive)
  return {
    headers: (headers) =>
      Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          isSensitive(name) ? mask : headerWithoutSecrets(name, value, redactText),
        ]),
      ),
    body: (body) => bodyWithoutSecrets(body, isSensitive, redactText),
    url: redactUrl,
    text: (text) => harmlessText(text, isSensitive),
  }
}

const urlHeaders: ReadonlySet<string> = new Set(['location', 'content-location', 'referer'])

function headerWithoutSecrets(name: string, value: string, redactText: (text: string) => string): string {
  if (urlHeaders.has(name.toLowerCase())) return redactUrl(value)
  return redactText(value.replace(/(?<=<)[^<>]*(?=>)/g, redactUrl))
}

type IsSensitive = (name: string) => boolean

function bodyWithoutSecrets(body: HttpRequestBody, isSensitive: IsSensitive, redactText: (text: string) => string): unknown {
  if (body instanceof URLSearchParams) return formWithoutSecrets(body, isSensitive, redactText)
  if (typeof body !== 'string') return `[${body.constructor.name}]`
  if (body.length > parsedLimit) return `[text of ${body.length} characters]`
  if (/^\s*[[{"]/.test(body)) {
    try {
      return shortened(jsonWithoutSecrets(JSON.parse(body), isSensitive, redactText), body.length)
    } catch {
      // No JSON after all, or cut off: shown as text.
    }
  }
  const isForm = /^[^\s=&<{]+=\S*$/.test(body.trim())
  return isForm
    ? formWithoutSecrets(new URLSearchParams(body.trim()), isSensitive, redactText)
    : redactText(body.slice(0, shownLimit))
}

function jsonWithoutSecrets(value: unknown, isSensitive: IsSensitive, redactText: (text: string) => string): unknown {
  const inside = (member: unknown): unknown => jsonWithoutSecrets(member, isSensitive, redactText)
  if (typeof value === 'string') return stringWithoutSecrets(value, isSensitive, redactText)
  if (Array.isArray(value)) return value.map(inside)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, isSensitive(name) ? mask : inside(member)]))
}

/** JSON is often wrapped in JSON as text. */
function stringWithoutSecrets(text: string, isSensitive: IsSensitive, redactText: (text: string) => string): string {
  if (!/^\s*[[{"]/.test(text)) return redactText(text)
  try {
    return JSON.stringify(jsonWithoutSecrets(JSON.parse(text), isSensitive, redactText))
  } catch {
    return redactText(text)
  }
}

function shortened(value: unknown, length: number): unknown {
  return length <= shownLimit ? value : `${JSON.stringify(value).slice(0, shownLimit)}…`
}

function formWithoutSecrets(form: URLSearchParams, isSensitive: IsSensitive, redactText: (text: string) => string): string {
  const pairs = [...form].map(([name, value]) => `${name}=${isSensitive(name) ? mask : redactText(value)}`)
  return pairs.join('&').slice(0, shownLimit)
}
