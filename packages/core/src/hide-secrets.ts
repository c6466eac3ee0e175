import { mask } from './redaction.ts'

/** Takes secrets out of a text; no more than `limit` is looked at of what can be shown, in characters. */
export type SecretHider = (text: string, limit?: number) => string

/** A character that stands at some place of a text, in one way to read it, and where the text goes on. */
type Reading = readonly [character: string, end: number]

/** How many steps may still be made in a text. */
interface Effort {
  left: number
}

/**
 * Puts `***` in the place of each secret, however it is written: as it is, percent-encoded or HTML-escaped in any spelling, or escaped as
 * in JSON, once or more often. Each character by itself: one pattern for all of a long token would be longer than engines take.
 */
export function secretHider(secrets: Iterable<string>): SecretHider {
  const byFirst = new Map<string, string[][]>()
  for (const secret of new Set(secrets)) {
    const characters = Array.from(secret)
    const [first] = characters
    if (first !== undefined) byFirst.set(first, [...(byFirst.get(first) ?? []), characters])
  }
  if (byFirst.size === 0) return (text, limit) => text.slice(0, limit)
  const candidate = beginningOf([...byFirst.values()].flat())
  const longestEnd = (text: string, [first, end]: Reading, effort: Effort): number =>
    // One secret may be the beginning of another.
    (byFirst.get(first) ?? []).reduce((longest, secret) => Math.max(longest, endOf(secret, text, end, effort)), 0)
  const secretEnd = (text: string, start: number, effort: Effort): number => {
    const first = String.fromCodePoint(text.codePointAt(start) ?? 0)
    let longest = longestEnd(text, [first, start + first.length], effort)
    for (const escaped of escapedAt(text, start)) longest = Math.max(longest, longestEnd(text, escaped, effort))
    return longest
  }
  return (text, limit = Number.POSITIVE_INFINITY) => {
    let shown = ''
    let copied = 0
    const effort: Effort = { left: leastEffort + 4 * text.length }
    for (let start = 0; ; ) {
      candidate.lastIndex = start
      const index = candidate.exec(text)?.index ?? text.length
      if (shown.length + index - copied >= limit || index === text.length) break
      const end = secretEnd(text, index, effort)
      if (effort.left <= 0) return shown + text.slice(copied, index) + mask
      start = Math.max(end, index + 1)
      if (end === 0) continue
      shown += text.slice(copied, index) + mask
      copied = end
    }
    return shown + text.slice(copied, copied + Math.max(0, limit - shown.length))
  }
}

/** Enough for any text that repeats a secret now and then. */
const leastEffort = 200_000

/** Where it is worth to look closer: at an escape, and at what begins as one of the secrets does. */
function beginningOf(secrets: readonly (readonly string[])[]): RegExp {
  const beginnings = secrets.map(([first = '', second]) =>
    second === undefined ? literal(first) : `${literal(first)}(?:${literal(second)}|${escapeSign})`,
  )
  return new RegExp([escapeSign, ...new Set(beginnings)].join('|'), 'g')
}

function literal(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

/** Where the secret ends whose first character ends at `end`; 0 if it is another text. Servers mix spellings, so each character may be written in each way. */
function endOf(secret: readonly string[], text: string, end: number, effort: Effort): number {
  // An escape begins with a character that may be meant as itself, so there may be more than one place to go on from.
  let ends: readonly number[] = [end]
  for (let place = 1; place < secret.length && ends.length > 0 && effort.left > 0; place++) {
    effort.left -= ends.length
    ends = endsOf(secret[place] ?? '', text, ends)
  }
  return Math.max(0, ...ends)
}

function endsOf(character: string, text: string, starts: readonly number[]): readonly number[] {
  const ends = new Set<number>()
  for (const start of starts) {
    if (text.startsWith(character, start)) ends.add(start + character.length)
    for (const [escaped, end] of escapedAt(text, start)) if (escaped === character) ends.add(end)
  }
  return [...ends]
}

const escapeSign = '[&%+\\\\]'

const none: readonly Reading[] = []

/** What the escape stands for that begins here; it may be meant as itself as well. */
function escapedAt(text: string, index: number): Iterable<Reading> {
  switch (text[index]) {
    case '+':
      return [[' ', index + 1]]
    case '%':
      return percentEncoded(text, index)
    case '&':
      return htmlEscaped(text, index)
    case '\\':
      return jsonEscaped(text, index)
    default:
      return none
  }
}

/** Nobody escapes what is escaped more often. */
const deepest = 8

/** What is encoded twice begins with `%25`. */
function* percentEncoded(text: string, index: number): Generator<Reading> {
  for (let depth = 0, sign = '%'; depth < deepest && text.startsWith(sign, index); depth++, sign += '25') {
    let bytes = ''
    let end = index
    const length = (): number => utf8Length(Number.parseInt(bytes.slice(1, 3), 16))
    do {
      const hex = text.startsWith(sign, end) ? text.slice(end + sign.length, end + sign.length + 2) : ''
      if (!/^[\da-f]{2}$/i.test(hex)) break
      bytes += `%${hex}`
      end += sign.length + 2
    } while (bytes.length < 3 * length())
    const character = decoded(bytes)
    if (character !== '') yield [character, end]
  }
}

/** How many bytes a character has that begins with this one. */
function utf8Length(byte: number): number {
  if (byte < 0xc0) return 1
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
}

function decoded(percentEncodedBytes: string): string {
  try {
    return decodeURIComponent(percentEncodedBytes)
  } catch {
    // No UTF-8: it stands for nothing.
    return ''
  }
}

const htmlCharacter = /#0{0,8}(\d{1,7});?|#x0{0,8}([\da-f]{1,6});?|(amp|lt|gt|quot|apos);/iy
const htmlNames: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** What is escaped twice begins with `&amp;`. */
function* htmlEscaped(text: string, index: number): Generator<Reading> {
  for (let depth = 0, sign = '&'; depth < deepest && text.startsWith(sign, index); depth++, sign += 'amp;') {
    htmlCharacter.lastIndex = index + sign.length
    const [all = '', decimal, hex, name] = htmlCharacter.exec(text) ?? []
    const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
    const character = name === undefined ? characterOf(point) : htmlNames[name.toLowerCase()]
    if (character !== undefined) yield [character, index + sign.length + all.length]
  }
}

function characterOf(point: number): string | undefined {
  return point <= 0x10ffff ? String.fromCodePoint(point) : undefined
}

const jsonEscape = /\\{1,16}(?:u([\da-f]{4})|x([\da-f]{2})|(["'/bfnrt]))/iy
const jsonNames: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** JSON in JSON has more backslashes. */
function* jsonEscaped(text: string, index: number): Generator<Reading> {
  for (const backslash of ['\\\\', '\\\\\\\\']) if (text.startsWith(backslash, index)) yield ['\\', index + backslash.length]
  const [unit, end] = jsonUnit(text, index)
  if (unit === '') return
  const [lowSurrogate, pairEnd] = /[\ud800-\udbff]/.test(unit) ? jsonUnit(text, end) : ['', end]
  yield [unit + lowSurrogate, pairEnd]
}

function jsonUnit(text: string, index: number): Reading {
  jsonEscape.lastIndex = index
  const [all = '', unit, byte, name = ''] = jsonEscape.exec(text) ?? []
  const code = unit ?? byte
  const character = code === undefined ? (jsonNames[name] ?? name) : String.fromCharCode(Number.parseInt(code, 16))
  return [character, index + all.length]
}
