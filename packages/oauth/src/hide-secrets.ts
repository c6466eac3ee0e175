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

/** One character of a secret, and the ways to write it but as itself. */
interface WrittenCharacter {
  readonly character: string
  readonly escapes: readonly RegExp[]
}

const escapeSigns: ReadonlySet<string> = new Set(['&', '%', '+', '\\'])

/** Each character by itself: one pattern for all of a long token would be longer than engines take, and their error would show it. */
function spellingsOf(secret: string): readonly WrittenCharacter[] {
  const known = new Map<string, WrittenCharacter>()
  return Array.from(secret, (character) => {
    const escapes = (): readonly RegExp[] => Array.from(escapesOf(character), (pattern) => new RegExp(pattern, 'y'))
    const written = known.get(character) ?? { character, escapes: escapes() }
    known.set(character, written)
    return written
  })
}

/** Where the secret ends that is written at `start`; 0 if none is. Servers mix spellings within one text, so each character may be written in each way. */
function endOf(secret: readonly WrittenCharacter[], text: string, start: number): number {
  // An escape begins with a character that may be meant as itself, so there may be more than one place to go on from.
  let ends = new Set([start])
  for (const { character, escapes } of secret) {
    const next = new Set<number>()
    for (const end of ends) {
      if (text.startsWith(character, end)) next.add(end + character.length)
      if (!escapeSigns.has(text.charAt(end))) continue
      for (const spelling of escapes) {
        spelling.lastIndex = end
        if (spelling.test(text)) next.add(spelling.lastIndex)
      }
    }
    if (next.size === 0) return 0
    ends = next
  }
  return Math.max(...ends)
}

const htmlNames: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }
const jsonEscapes: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' }
const utf8 = new TextEncoder()

function* escapesOf(character: string): Generator<string> {
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
  if (character === '\\') yield '\\\\\\\\'
  if (character === '"' || character === '/') yield `\\\\${character}`
  if (jsonEscapes[character] !== undefined) yield `\\\\${jsonEscapes[character]}`
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
}
