/**
 * Puts `***` in the place of each secret, however it is written: as it is, percent-encoded or HTML-escaped in any spelling, or escaped as
 * in JSON.
 *
 * @param limit no more than this is looked at of what can be shown, in characters
 */
export function hideSecrets(text: string, secrets: readonly string[], limit: number = Number.POSITIVE_INFINITY): string {
  const hidden = [...new Set(secrets)].filter((secret) => secret !== '').map(spellingsOf)
  let shown = ''
  let index = 0
  while (index < text.length && shown.length < limit) {
    // The longest: one secret may be the beginning of another.
    const end = Math.max(...hidden.map((secret) => endOf(secret, text, index)), 0)
    shown += end > 0 ? '***' : text.charAt(index)
    index = end > 0 ? end : index + 1
  }
  return shown
}

/** For each character of a secret, the ways to write it. */
type WrittenSecret = readonly (readonly RegExp[])[]

/** Each character by itself: one pattern for all of a long token would be longer than engines take, and their error would show it. */
function spellingsOf(secret: string): WrittenSecret {
  const known = new Map<string, readonly RegExp[]>()
  return Array.from(secret, (character) => {
    const spellings = known.get(character) ?? Array.from(writtenAs(character), (pattern) => new RegExp(pattern, 'y'))
    known.set(character, spellings)
    return spellings
  })
}

/** Where the secret ends that is written at `start`; 0 if none is. Servers mix spellings within one text, so each character may be written in each way. */
function endOf(secret: WrittenSecret, text: string, start: number): number {
  // An escape begins with a character that may be meant as itself, so there may be more than one place to go on from.
  let ends = [start]
  for (const spellings of secret) {
    ends = [...new Set(ends.flatMap((end) => spellings.map((spelling) => endOfSpelling(spelling, text, end))))].filter(
      (end) => end > 0,
    )
    if (ends.length === 0) return 0
  }
  return Math.max(...ends)
}

function endOfSpelling(spelling: RegExp, text: string, start: number): number {
  spelling.lastIndex = start
  return spelling.test(text) ? spelling.lastIndex : 0
}

const htmlNames: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }
const jsonEscapes: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' }
const utf8 = new TextEncoder()

function* writtenAs(character: string): Generator<string> {
  const point = character.codePointAt(0) ?? 0
  const name = htmlNames[character]
  if (name !== undefined) yield `&${name};`
  yield `&#0*${point}`
  yield `&#0*${point};`
  yield `&#[xX]0*${anyCase(point.toString(16))}`
  yield `&#[xX]0*${anyCase(point.toString(16))};`
  yield [...utf8.encode(character)].map((byte) => `%${anyCase(byte.toString(16).padStart(2, '0'))}`).join('')
  if (character === ' ') yield '\\+'
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  yield units.map((unit) => `\\\\u${anyCase(unit.toString(16).padStart(4, '0'))}`).join('')
  if (/["\\/]/.test(character)) yield `\\\\${literal(character)}`
  if (jsonEscapes[character] !== undefined) yield `\\\\${jsonEscapes[character]}`
  yield literal(character)
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
}
