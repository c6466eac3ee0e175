import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { secretHider } from '../src/hide-secrets.ts'

const secret = `p+ss%/:é ca<n>a&r"y'\\`

function hideSecrets(text: string, secrets: readonly string[], limit?: number): string {
  return secretHider(secrets)(text, limit)
}

function percent(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}

function html(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character)
}

describe('a secret that is repeated', () => {
  it.each([
    ['as it is', secret],
    ['percent-encoded', encodeURIComponent(secret)],
    ['percent-encoded in lower case', encodeURIComponent(secret).toLowerCase()],
    ['percent-encoded to the last letter', percent(secret)],
    ['form-encoded', new URLSearchParams([['', secret]]).toString().slice(1)],
    ['HTML-escaped', html(secret)],
    ['HTML-escaped by number', [...secret].map((character) => `&#${character.codePointAt(0)};`).join('')],
    ['HTML-escaped by hexadecimal number', [...secret].map((c) => `&#X0${c.codePointAt(0)?.toString(16)};`).join('')],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['in JSON by number', [...secret].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
    [
      'in JSON as .NET writes it',
      secret.replace(/[+%:é<>&"'\\]/g, (c) => `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`),
    ],
    ['in JSON in JSON', JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ['in a script by number', [...secret].map((c) => `\\x${c.charCodeAt(0).toString(16)}`).join('')],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(secret))],
    ['HTML-escaped twice', html(html(secret))],
    ['in two ways', `${encodeURIComponent(secret.slice(0, 6))}${html(secret.slice(6))}`],
  ])('%s is hidden', (_name, written) => {
    expect(hideSecrets(`the secret ${written} is wrong`, [secret])).toBe('the secret *** is wrong')
  })

  it('is hidden whole where another is its beginning', () => {
    expect(hideSecrets('abcdef abc', ['abc', 'abcdef'])).toBe('*** ***')
  })

  it('is hidden where it looks like an escape', () => {
    expect(hideSecrets('%2541 %41', ['%41'])).toBe('*** ***')
  })

  it('is hidden however long it is', () => {
    const long = 'eyJhbGciOiJSUzI1NiJ9.'.repeat(1_000)
    expect(hideSecrets(`the token ${long} is wrong`, [long])).toBe('the token *** is wrong')
    expect(hideSecrets(`the token ${encodeURIComponent(long)}!`, [long])).toBe('the token ***!')
  })

  it('is looked for only as far as the text is shown', () => {
    expect(hideSecrets(`${'secret '.repeat(9)}tail`, ['secret'], 20)).toBe('*** *** *** *** *** ')
    expect(hideSecrets('tail', [], 2)).toBe('ta')
  })

  it('is looked for in time that grows with the length alone', () => {
    const secrets = ['eyJhbGciOiJSUzI1NiJ9.'.repeat(100), 'p+ss%/:é ca<n>a&r"y', '\\canary', ' canary']
    for (const run of [
      'e',
      'ey',
      '%',
      '%25',
      '%2525',
      '+',
      '&',
      '&amp;',
      '&#0000',
      '\\',
      '\\u',
      '\\u0065',
      'eyJhbGciOiJSUzI1NiJ9.',
    ]) {
      const startedAt = performance.now()
      hideSecrets(run.repeat(50_000 / run.length), secrets)
      expect(performance.now() - startedAt).toBeLessThan(2_000)
    }
  })

  it('is not looked for where that would take for ever: what is left of the text is not shown', () => {
    const startedAt = performance.now()
    expect(hideSecrets(`begins ${'\\'.repeat(400)} ends`, [`${'\\'.repeat(200)}x`])).toMatch(/^begins \\*\*\*\*$/)
    expect(hideSecrets(`${'%'.repeat(50_000)}`, [`${'%'.repeat(500)}x`])).toMatch(/^%*\*\*\*$/)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it('is hidden whatever it is made of, and nothing else is', () => {
    const anything = fc.string({ unit: 'binary', minLength: 1 })
    fc.assert(fc.property(anything, (any) => hideSecrets(`\u0000${any}\u0000`, [`${any}!`, '']) === `\u0000${any}\u0000`))
    fc.assert(fc.property(anything, (any) => hideSecrets(`<${any}~>`, [`${any}~`]) === '<***>'))
  })
})
