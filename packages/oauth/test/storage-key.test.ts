import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256Hex } from '../src/sha256.ts'
import { storageKey } from '../src/storage-key.ts'
import { TokenManager } from './fixtures/library.ts'
import { PlainStorage } from './fixtures/plain-storage.ts'
import { setUp } from './fixtures/set-up.ts'

const fetchToken = async () => ({ accessToken: 'x' })

describe('a storage key', () => {
  it('holds the service name, and no part of the identity in the clear', () => {
    const key = storageKey(
      { serviceName: 'example-api', identity: ['https://a/t', 'client-7', 'secret-scope'], fetchToken },
      undefined,
      undefined,
    )
    expect(key).toMatch(/^example-api:[0-9a-f]{32}$/)
    expect(storageKey({ serviceName: 'a:b c', fetchToken }, undefined, undefined)).toMatch(/^a%3Ab%20c:[0-9a-f]{32}$/)
  })

  it('differs when anything differs, and cannot be forged by separators', () => {
    const of = (serviceName: string, identity: readonly string[] | string | undefined, key?: string, subject?: string): string =>
      storageKey({ serviceName, identity, fetchToken }, key, subject)
    const keys = [
      of('a', undefined),
      of('a', ['a b']),
      of('a', ['a', 'b']),
      of('a', ['a,b']),
      of('a', ['a::b']),
      of('a', ['key', 'a']),
      of('a', undefined, 'a'),
      of('a', undefined, 'a', 'a'),
      of('a', ['a'], undefined, 'a'),
      of('b', ['a b']),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('is the same for a manager with the same `key`, whatever the provider says of itself', async () => {
    const storage = new PlainStorage()
    const { clock, provider } = setUp()
    await new TokenManager({ provider, clock, storage, key: 'mine' }).getToken()
    provider.identity = 'changed'
    await new TokenManager({ provider, clock, storage, key: 'mine' }).getToken()
    await new TokenManager({ provider, clock, storage, key: 'other' }).getToken()
    expect([provider.fetchCount, storage.entries.size]).toEqual([2, 2])
  })

  it('of a provider without identity is told as a deviation, once', async () => {
    const storage = new PlainStorage()
    const { provider, manager } = setUp({ storage })
    provider.identity = undefined
    const kinds: string[] = []
    manager.on('deviation', ({ kind }) => kinds.push(kind))
    await manager.getToken()
    await manager.forceRefresh()
    expect(kinds).toEqual(['storage_key_without_identity'])
  })
})

describe('the digest', () => {
  it('is SHA-256 of every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(sha256Hex(text)).toBe(createHash('sha256').update(text).digest('hex'))
      }),
    )
  })
})
