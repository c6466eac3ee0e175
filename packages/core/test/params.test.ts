import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../src/errors.ts'
import { appendParams, encodeParams } from '../src/params.ts'

const url = 'https://api.example.com/users'

describe('params', () => {
  test('arrays repeat, undefined and null are left out, dates are ISO', () => {
    const params = { id: [1, 2], gone: undefined, none: null, on: true, big: 10n, at: new Date(0) }
    expect(appendParams(url, params)).toBe(`${url}?id=1&id=2&on=true&big=10&at=1970-01-01T00%3A00%3A00.000Z`)
  })

  test('an existing query is kept, the same name repeats', () => {
    expect(appendParams(`${url}?page=1`, { page: 2 })).toBe(`${url}?page=1&page=2`)
    expect(appendParams(`${url}?`, { page: 2 })).toBe(`${url}?page=2`)
  })

  test('an empty set adds nothing', () => {
    expect(appendParams(url, {})).toBe(url)
    expect(appendParams(url, { a: undefined, b: [] })).toBe(url)
  })

  test('names and values cannot break out of their place', () => {
    const added = new URL(appendParams(url, { 'a&b=c': '1&admin=true#x', ü: 'é ' }))
    expect([...added.searchParams]).toEqual([
      ['a&b=c', '1&admin=true#x'],
      ['ü', 'é '],
    ])
    expect(added.href).toBe(appendParams(url, { 'a&b=c': '1&admin=true#x', ü: 'é ' }))
  })

  test('URLSearchParams are taken as they are', () => {
    expect(appendParams(url, new URLSearchParams('a=1&a=2'))).toBe(`${url}?a=1&a=2`)
  })

  test.each([[{ a: { b: 1 } }], [{ a: new Date(Number.NaN) }], [{ a: [[1]] }], [{ a: Symbol('x') }], ['a=canary'], [[1]]])(
    '%s is refused, by name and without its value',
    (params) => {
      // The types forbid it; JavaScript does not.
      const encode = (): unknown => encodeParams('params', params as never)
      expect(encode).toThrow(ConfigurationError)
      expect(encode).toThrow(/^params(\.a)? must be/)
      expect(encode).not.toThrow(/canary/)
    },
  )
})
