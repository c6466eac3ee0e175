/**
 * Puts `***` in the place of each secret, however it is written: as it is, percent-encoded or HTML-escaped in any spelling, or escaped as
 * in JSON.
 */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  // The longest first: one secret may be the beginning of another.
  const hidden = [...new Set(secrets)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length)
  return hidden.reduce((rest, secret) => rest.replace(spellings(secret), '***'), text)
}

/** Servers mix spellings within one text, so each character may be written in each way. */
function spellings(secret: string): RegExp {
  return new RegExp([...secret].map((character) => `(?:${[...writtenAs(character)].join('|')})`).join(''), 'g')
}

const htmlNames: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }
const jsonEscapes: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' }
const utf8 = new TextEncoder()

function* writtenAs(character: string): Generator<string> {
  const point = character.codePointAt(0) ?? 0
  // The longer spellings first: an escape begins with a character that may be meant as itself.
  const name = htmlNames[character]
  if (name !== undefined) yield `&${name};`
  yield `&#0*${point};?`
  yield `&#[xX]0*${anyCase(point.toString(16))};?`
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
