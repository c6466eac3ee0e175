import { randomBytes } from 'node:crypto'
import { fakeToken } from '@requestforge/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TokenEncryption } from '../src/index.ts'
import { redisKeyOf } from '../src/redis-key.ts'
import { leaseOf, openStorage, versionOf } from './fixtures/open-storage.ts'
import { hasRedisServer, type RedisServer, startRedisServer } from './fixtures/redis-server.ts'

const newKey = (): string => randomBytes(32).toString('base64')
const first = newKey()
const second = newKey()
const onlyFirst: TokenEncryption = { keys: { first }, current: 'first' }

describe.skipIf(!hasRedisServer)('values in Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedisServer()
  })
  afterAll(() => redis[Symbol.asyncDispose]())

  const field = async (key: string, name: string): Promise<string> =>
    String(await redis.command('HGET', redisKeyOf('requestforge', key), name))
  const setField = (key: string, name: string, value: string) =>
    redis.command('HSET', redisKeyOf('requestforge', key), name, value)

  /** A storage that looks at a token whose fields somebody has changed. */
  async function spoil(key: string, change: (text: string) => Promise<unknown>, encryption?: TokenEncryption) {
    await using writer = openStorage({ url: redis.url, encryption })
    await writer.storage.set(key, fakeToken({ refreshToken: 'r' }))
    await change(await field(key, 't'))
  }

  it.each([
    ['nothing', () => '', /format is unknown/],
    ['something foreign', () => '{"access_token":"x"}', /format is unknown/],
    ['a later format', (text: string) => text.replace('1:', '2:'), /format is unknown/],
    ['half of it', (text: string) => text.slice(0, text.length / 2), /cut off/],
    ['no object', () => '1:5', /no token/],
    ['null', () => '1:null', /no token/],
    ['no access token', () => '1:{"refreshToken":"r"}', /no token/],
    ['an empty access token', () => '1:{"accessToken":""}', /no token/],
    ['an expiry that is text', () => '1:{"accessToken":"a","expiresAt":"soon"}', /no token/],
    ['a refresh token that is a number', () => '1:{"accessToken":"a","refreshToken":1}', /no token/],
    ['an extra that is a list', () => '1:{"accessToken":"a","extra":[]}', /no token/],
    ['an encrypted value, and no key', () => `1e:first.${'A'.repeat(64)}`, /there is no key/],
  ])('are a miss and an event where there is %s', async (name, spoiled, reason) => {
    const key = `corrupt ${name}`
    await spoil(key, (text) => setField(key, 't', spoiled(text)))
    await using open = openStorage({ url: redis.url })
    expect(await open.storage.get(key)).toBeUndefined()
    const lease = leaseOf(await open.storage.coordinator.claim(key, { newerThan: 0, leaseMs: 1_000 }))
    expect([lease.stored, lease.unreadable]).toEqual([undefined, true])
    expect((await lease.commit(fakeToken(), {})).committed).toBe(true)
    expect(await open.storage.get(key)).toBeDefined()
    expect(open.reasons.length).toBeGreaterThan(0)
    for (const told of open.reasons) expect(told).toMatch(reason)
  })

  it.each([
    ['v', 'x'],
    ['at', 'x'],
    ['at', ''],
    ['k', 'x'],
    ['u', 'x'],
    ['g', 'x'],
    ['s', 'x'],
  ])('with the field %s spoiled to %j crash nothing, and the next commit stands', async (name, value) => {
    const key = `field ${name} ${value}`
    await spoil(key, () => setField(key, name, value))
    await using open = openStorage({ url: redis.url })
    const { storage } = open
    await storage.get(key)
    const claim = await storage.coordinator.claim(key, { newerThan: 0, leaseMs: 1_000 })
    const newerThan = claim.kind === 'stored' ? claim.stored.version : 0
    const again = claim.kind === 'leased' ? claim : await storage.coordinator.claim(key, { newerThan, leaseMs: 1_000 })
    expect((await leaseOf(again).commit(fakeToken({ accessToken: 'new' }), {})).committed).toBe(true)
    expect((await storage.get(key))?.accessToken).toBe('new')
  })

  it('tell of a failure whose words cannot be read, that there was one', async () => {
    await using open = openStorage({ url: redis.url })
    const { coordinator } = open.storage
    await redis.command('HSET', redisKeyOf('requestforge', 'failed'), 'f', '{"message":5}', 'g', '99999999999999')
    const claim = await coordinator.claim('failed', { newerThan: 0, leaseMs: 1_000 })
    expect(claim).toMatchObject({ kind: 'failed', failure: { retryable: true } })
  })

  it('hold no secret in the clear when they are encrypted, and key names never do', async () => {
    await using open = openStorage({ url: redis.url, encryption: onlyFirst, keyPrefix: 'sealed' })
    const token = {
      accessToken: 'canary-access',
      refreshToken: 'canary-refresh',
      scope: 'canary-scope',
      extra: { id: 'canary-extra' },
    }
    await open.storage.set('k', token)
    const newerThan = await versionOf(open.storage, 'k')
    await leaseOf(await open.storage.coordinator.claim('k', { newerThan, leaseMs: 1_000 })).commit(token, {})
    const seen = JSON.stringify([await redis.command('KEYS', 'sealed*'), await redis.command('HGETALL', 'sealed:{k}')])
    expect(seen).toContain('sealed:{k}')
    expect(seen).not.toContain('canary')
    expect(await open.storage.get('k')).toEqual(token)
  })

  it('are never the same twice when they are encrypted', async () => {
    await using open = openStorage({ url: redis.url, encryption: onlyFirst })
    await open.storage.set('twice', { accessToken: 'a' })
    const before = await field('twice', 't')
    await open.storage.set('twice', { accessToken: 'a' })
    expect(await field('twice', 't')).not.toBe(before)
  })

  it.each([
    [
      'one character changed',
      (text: string) => `${text.slice(0, -5)}${text.at(-5) === 'A' ? 'B' : 'A'}${text.slice(-4)}`,
      onlyFirst,
      /does not decrypt/,
    ],
    ['half of it', (text: string) => text.slice(0, text.length / 2), onlyFirst, /does not decrypt/],
    ['no base64', () => '1e:first.***', onlyFirst, /does not decrypt/],
    ['nothing', () => '1e:', onlyFirst, /key that is not there/],
    ['a clear value', () => '1:{"accessToken":"planted"}', onlyFirst, /not encrypted/],
    [
      'a key that this process does not have',
      (text: string) => text,
      { keys: { second }, current: 'second' },
      /key that is not there/,
    ],
    ['another key with the same id', (text: string) => text, { keys: { first: second }, current: 'first' }, /does not decrypt/],
    [
      'the id of another key',
      (text: string) => text.replace('first', 'second'),
      { keys: { first, second }, current: 'first' },
      /does not decrypt/,
    ],
    [
      'the id of the same key',
      (text: string) => text.replace('first', 'again'),
      { keys: { first, again: first }, current: 'first' },
      /does not decrypt/,
    ],
  ])('that are encrypted are a miss and an event where there is %s', async (name, spoiled, encryption, reason) => {
    const key = `sealed ${name}`
    await spoil(key, (text) => setField(key, 't', spoiled(text)), onlyFirst)
    await using open = openStorage({ url: redis.url, encryption })
    expect(await open.storage.get(key)).toBeUndefined()
    expect(open.reasons.join()).toMatch(reason)
  })

  it('that were copied to another key do not decrypt there', async () => {
    await spoil('original', (text) => setField('copy', 't', text), onlyFirst)
    await setField('copy', 'at', await field('original', 'at'))
    await using open = openStorage({ url: redis.url, encryption: onlyFirst })
    expect(await open.storage.get('copy')).toBeUndefined()
    expect(open.reasons.join()).toMatch(/another place/)
    expect(await open.storage.get('original')).toBeDefined()
  })

  it('change their key without a pause: both are read, new ones are written with the current one', async () => {
    const both = { first, second }
    await using old = openStorage({ url: redis.url, encryption: { keys: both, current: 'first' } })
    await using rotated = openStorage({ url: redis.url, encryption: { keys: both, current: 'second' } })
    await old.storage.set('rotated', { accessToken: 'a' })
    expect(await rotated.storage.get('rotated')).toEqual({ accessToken: 'a' })
    const newerThan = await versionOf(rotated.storage, 'rotated')
    await leaseOf(await rotated.storage.coordinator.claim('rotated', { newerThan, leaseMs: 1_000 })).commit(
      { accessToken: 'b' },
      {},
    )
    expect(await field('rotated', 't')).toMatch(/^1e:second\./)
    expect(await old.storage.get('rotated')).toEqual({ accessToken: 'b' })
    expect([...old.told, ...rotated.told]).toEqual([])
  })

  it('of 300 kB are encrypted too', async () => {
    await using open = openStorage({ url: redis.url, encryption: onlyFirst })
    const token = { accessToken: 'x'.repeat(300_000) }
    await open.storage.set('large', token)
    expect(await open.storage.get('large')).toEqual(token)
  })

  it('go an hour after the token: the version stays that long', async () => {
    await using open = openStorage({ url: redis.url })
    await open.storage.set('kept', fakeToken(), { keepForMs: 60_000 })
    const ttl = async () => Number(await redis.command('PTTL', 'requestforge:{kept}'))
    expect(await ttl()).toBeGreaterThan(3_600_000 + 50_000)
    await open.storage.coordinator.remove('kept', await versionOf(open.storage, 'kept'))
    expect(await ttl()).toBeGreaterThan(3_590_000)
    expect(await ttl()).toBeLessThanOrEqual(3_600_000)
    await open.storage.set('kept', fakeToken())
    expect(await ttl()).toBe(-1)
  })
})

describe('redisKeyOf', () => {
  it('has one pair of braces, and no two keys in one place', () => {
    const keys = ['a', 'a{', 'a}', '{a}', '%007ba', 'a%', 'ä', 'a\u0308', '\ud800', '\ud801', 'a b', 'a\nb', '']
    const redisKeys = keys.map((key) => redisKeyOf('p', key))
    expect(new Set(redisKeys).size).toBe(keys.length)
    for (const redisKey of redisKeys) expect(redisKey).toMatch(/^p:\{[^{}]*\}$/)
  })
})
