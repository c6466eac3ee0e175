import type { HeaderMap, HttpRequestBody } from './handler.ts'
import { mask, redactUrl, sensitiveMembers, sensitiveNames } from './redaction.ts'

/** Makes what is logged harmless: names decide, at any depth and in any case. */
export interface Redactor {
  headers(headers: HeaderMap): HeaderMap
  /** Text and JSON with secrets masked; for other bodies what they are. */
  body(body: HttpRequestBody): unknown
  url(url: string): string
  /** Free text: values that follow a sensitive name are masked. */
  text(text: string): string
}

/** The longest text of a body that is shown. */
const bodyLimit = 4_096

/** @param furtherNames added to the well-known ones */
export function createRedactor(furtherNames: Iterable<string> = []): Redactor {
  const headerNames = new Set([...sensitiveNames, ...furtherNames].map((name) => name.toLowerCase()))
  const memberNames = new Set([...headerNames, ...sensitiveMembers])
  const isSensitive = (name: string): boolean => memberNames.has(name.toLowerCase())
  const redactText = textRedaction([...memberNames])

  const redactMember = (name: string, value: unknown): unknown => (name !== '' && isSensitive(name) ? mask : value)
  const redactJson = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, redactMember) ?? 'null', (_name, member: unknown) => member)

  return {
    headers: (headers) =>
      Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, headerNames.has(name.toLowerCase()) ? mask : value]),
      ),
    body: (body) => describeBody(body, redactJson, isSensitive, redactText),
    url: redactUrl,
    text: redactText,
  }
}

function describeBody(
  body: HttpRequestBody,
  redactJson: (value: unknown) => unknown,
  isSensitive: (name: string) => boolean,
  redactText: (text: string) => string,
): unknown {
  if (body instanceof URLSearchParams) return redactForm(body, isSensitive)
  if (typeof body !== 'string') return `[${body.constructor.name}]`
  if (/^\s*[[{"]/.test(body)) {
    try {
      return redactJson(JSON.parse(body))
    } catch {
      // No JSON after all, or cut off: shown as text.
    }
  }
  const isForm = /^[^\s=&]+=[^\s]*$/.test(body)
  return isForm ? redactForm(new URLSearchParams(body), isSensitive) : redactText(body.slice(0, bodyLimit))
}

function redactForm(form: URLSearchParams, isSensitive: (name: string) => boolean): string {
  return [...form]
    .map(([name, value]) => `${name}=${isSensitive(name) ? mask : value}`)
    .join('&')
    .slice(0, bodyLimit)
}

/** `name: value`, `name=value` and `"name":"value"`, and whatever follows `Bearer` or `Basic`. */
function textRedaction(names: readonly string[]): (text: string) => string {
  const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  const named = new RegExp(`("?\\b(?:${escaped})\\b"?\\s*[:=]\\s*)(?:"(?:[^"\\\\]|\\\\.)*"?|[^\\s&,;}]+)`, 'gi')
  return (text) => text.replace(/\b(Bearer|Basic|DPoP)\s+[\w~+/.=-]+/gi, `$1 ${mask}`).replace(named, `$1${mask}`)
}
