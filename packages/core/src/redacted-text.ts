import { mask } from './redaction.ts'

/** Tells which names are sensitive. */
export type IsSensitive = (name: string) => boolean

const schemeAndCredentials = /\b(Bearer|Basic|DPoP)\s+[\w~+/.=-]+/gi
const userInfo = /\/\/[^\s/?#<>"']*@/g
const element = /<([\w:.-]+)(?:\s[^<>]*)?>/g
// `name: value`, `name=value`, `"name":"value"`, `'name': 'value'`, and the same with escaped quotes, inside of JSON.
const nameAndSign = /(?<![\w-])([\w-]+)\]?\\*["']?\s*[:=]\s*/g
const openingQuote = /(\\*)(["'])/y
const wholeLine = /[^\r\n]*/y
const oneValue = /[^\r\n&<,;}\]]*/y
/** Their values go to the end of the line. */
const headerNames = /^(?:proxy-?)?authorization$|^(?:set-?)?cookie$/i

/** Free text without what follows a sensitive name or an authentication scheme, and without user info in URLs. What cannot be told from a secret is masked, too. */
export function textWithoutSecrets(text: string, isSensitive: IsSensitive): string {
  const unschemed = text.replace(schemeAndCredentials, `$1 ${mask}`).replace(userInfo, `//${mask}@`)
  return pairsWithoutSecrets(elementsWithoutSecrets(unschemed, isSensitive), isSensitive)
}

/** XML: all that stands in a sensitive element. */
function elementsWithoutSecrets(text: string, isSensitive: IsSensitive): string {
  let redacted = ''
  let end = 0
  for (const found of text.matchAll(element)) {
    const [tag, name = ''] = found
    const contentStart = found.index + tag.length
    if (found.index < end || !isSensitive(localName(name)) || tag.endsWith('/>')) continue
    const close = text.indexOf(`</${name}`, contentStart)
    redacted += text.slice(end, contentStart) + mask
    end = close === -1 ? text.length : close
  }
  return redacted + text.slice(end)
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1)
}

function pairsWithoutSecrets(text: string, isSensitive: IsSensitive): string {
  let redacted = ''
  let end = 0
  for (const found of text.matchAll(nameAndSign)) {
    const [sign, name = ''] = found
    const valueStart = found.index + sign.length
    if (found.index < end || !isSensitive(name)) continue
    const valueEnd = endOfValue(text, valueStart, headerNames.test(name))
    if (valueEnd === valueStart) continue
    redacted += text.slice(end, valueStart) + mask
    end = valueEnd
  }
  return redacted + text.slice(end)
}

function endOfValue(text: string, start: number, isHeader: boolean): number {
  // What has members cannot be followed to its end here: it may be cut off.
  if (text[start] === '[' || text[start] === '{') return text.length
  openingQuote.lastIndex = start
  const [opening, escapes = '', quote = ''] = openingQuote.exec(text) ?? []
  if (opening !== undefined) return endOfQuoted(text, start + opening.length, quote, escapes.length)
  const value = isHeader ? wholeLine : oneValue
  value.lastIndex = start
  value.test(text)
  return value.lastIndex
}

/** Past the quote that is escaped no more often than the one that opened. */
function endOfQuoted(text: string, start: number, quote: string, depth: number): number {
  let escapes = 0
  for (let index = start; index < text.length; index++) {
    const character = text[index]
    if (character === quote && escapes <= depth) return index + 1
    escapes = character === '\\' ? escapes + 1 : 0
  }
  return text.length
}
