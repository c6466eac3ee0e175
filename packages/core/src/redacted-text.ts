import { isInPlace } from './names-in-places.ts'
import { mask } from './redaction.ts'
import { withoutSchemeCredentials } from './scheme-credentials.ts'

/** Tells which names are sensitive. */
export type IsSensitive = (name: string) => boolean

const userInfo = /\/\/[^\s/?#<>"']*@/g
// Also as text inside of HTML or XML, where its angle brackets are escaped, and quotes are.
const element = /(?:<|&lt;)(?:[\w.-]+:)?([\w.-]+)(?:\s(?:(?!&[lg]t;)[^<>])*)?(?:>|&gt;)/g
const disposition = /content-disposition:.{0,200}?[\s;]name=\\*["']?([^"'\\\r\n;]*)\\*["']?/gi
// `name: value`, `name=value`, `"name":"value"`, `'name' => 'value'`, and the same with escaped quotes, inside of JSON; no port of a host.
const nameAndSign = /(?<![\w.[\]-]|:\/\/)([\w.[\]-]+)(?:[\\"']|&(?:quot|apos|#0*3[49]|#x0*2[27]);)*\]?\s*[:=]+>?\s*/gi
const openingQuote = /(\\*)(["']|&(?:quot|apos|#0*3[49]|#x0*2[27]);)/iy
// A URL, a form or JSON as a value in a URL: percent-encoded, once or more often; no port of a host, either. Each escaped quote reads like
// a name, so that runs of them must not be followed to their ends.
const encodedNameAndSign = /(?<![\w.[\]-]|%(?:25)*2F%(?=(?:25)*2F))([\w.[\]-]+)(?:\\|%(?:25)*(?:5C|2[27])){0,16}%(?:25)*3[AD]/gi
const encodedValue = /[^\s"'<>&]*/y
const wholeLine = /[^\r\n]*/y
// Whatever is in a value, it goes to the end of its line, but for a further name with its value.
const oneValue = /(?:(?![&,;}][\s{"'\\]*[\w.[\]-]+[\\"']*\s*[:=]|<\/)[^\r\n])*/y
const indentedLines = /[^\r\n]*(?:(?:\r?\n)+[ \t-][^\r\n]*)*/y
/** Their values go to the end of the line, further names or not. */
const headerNames = /(?:authorization|cookie)\W*$/i
// Letters of names may be written as escapes, in URLs and in JSON.
const escapedCharacter = /(?:\\{1,4}(?:u00|x)|%)([2-7][\da-f])/gi

/** Free text without what follows a sensitive name or an authentication scheme, and without user info in URLs. What cannot be told from a secret is masked, too. */
export function textWithoutSecrets(text: string, isSensitive: IsSensitive): string {
  const plain = text.replace(escapedCharacter, unescapedInName)
  const unschemed = withoutSchemeCredentials(plain).replace(userInfo, `//${mask}@`)
  const unparted = masked(unschemed, disposition, isSensitive, endOfPart)
  const unelemented = masked(unparted, element, isSensitive, endOfElement)
  const unencoded = masked(unelemented, encodedNameAndSign, isSensitive, endOfEncoded)
  const redacted = masked(unencoded, nameAndSign, isSensitive, endOfValue)
  return redacted === plain ? text : redacted
}

/** Only what names are made of, and quotes: an escaped `&` or `=` belongs to the value that it stands in. */
function unescapedInName(escaped: string, code: string): string {
  const character = String.fromCharCode(Number.parseInt(code, 16))
  // As some platforms write the quotes of JSON inside of JSON. How often they are escaped tells which of them belong together.
  if (escaped.startsWith('\\') && /["']/.test(character)) return escaped.replace(/[^\\]+/, character)
  return /[\w.[\]-]/.test(character) ? character : escaped
}

type EndOf = (text: string, start: number, found: RegExpExecArray) => number

/** Masks what follows the sensitive names that `pattern` finds, up to where `endOf` says. */
function masked(text: string, pattern: RegExp, isSensitive: IsSensitive, endOf: EndOf): string {
  let redacted = ''
  let end = 0
  for (const found of text.matchAll(pattern)) {
    const [all, name = ''] = found
    if (found.index < end || !(isSensitive(name) || isSensitive(nameBehindEscape(text, found.index, name)))) continue
    const start = found.index + all.length
    const secretEnd = endOf(text, start, found)
    if (secretEnd === start) continue
    redacted += text.slice(end, start) + mask
    end = secretEnd
  }
  return redacted + text.slice(end)
}

/** Behind a backslash, the first letter may be a line break's; behind a percent sign, the first two belong to an escape. */
function nameBehindEscape(text: string, start: number, name: string): string {
  const before = text[start - 1]
  if (before === '%') return name.replace(/^(?:25)*[\da-f]{2}/i, '')
  return before === '\\' ? name.slice(1) : ''
}

/** Multipart: all that a part holds, up to the next line that begins like the one before the part. */
function endOfPart(text: string, start: number, { index }: RegExpExecArray): number {
  const boundaryStart = text.lastIndexOf('\n--', index) + 1
  const boundary = /^--[^\r\n]*/.exec(text.slice(boundaryStart, index))?.[0]
  return boundary === undefined ? text.length : indexOrEnd(text, `\n${boundary}`, start)
}

/** XML: all that stands in an element. */
function endOfElement(text: string, start: number, [tag]: RegExpExecArray): number {
  if (/\/(?:>|&gt;)$/.test(tag)) return start
  return indexOrEnd(text, tag.replace(/^(<|&lt;)([^\s>&]+).*$/s, '$1/$2'), start)
}

function indexOrEnd(text: string, wanted: string, start: number): number {
  const index = text.indexOf(wanted, start)
  return index === -1 ? text.length : index
}

/** As far as what is percent-encoded goes on. */
function endOfEncoded(text: string, start: number): number {
  encodedValue.lastIndex = start
  encodedValue.test(text)
  return encodedValue.lastIndex
}

function endOfValue(text: string, start: number, found: RegExpExecArray): number {
  if (isInPlace(text, start, found)) return start
  const [sign, name = ''] = found
  // What has members cannot be followed to its end here: it may be cut off.
  if (text[start] === '[' || text[start] === '{') return text.length
  openingQuote.lastIndex = start
  const [opening, escapes = '', quote = ''] = openingQuote.exec(text) ?? []
  const quotedEnd = opening === undefined ? undefined : endOfQuoted(text, start + opening.length, quote, escapes.length)
  // Where it goes on without a blank, the quotes were part of the value, or doubled inside of it.
  if (quotedEnd !== undefined && !/[^\s,;&}\])>\\<]/.test(text[quotedEnd] ?? '')) return quotedEnd
  const isBlock = sign.includes('\n') || text[start] === '|' || text[start] === '>'
  const value = isBlock ? indentedLines : headerNames.test(name) ? wholeLine : oneValue
  value.lastIndex = quotedEnd ?? start
  value.test(text)
  return value.lastIndex
}

/** Past the quote that is escaped no more often than the one that opened. */
function endOfQuoted(text: string, start: number, quote: string, depth: number): number {
  let escapes = 0
  for (let index = start; index < text.length; index++) {
    if (escapes <= depth && text.startsWith(quote, index)) return index + quote.length
    escapes = text[index] === '\\' ? escapes + 1 : 0
  }
  return text.length
}
