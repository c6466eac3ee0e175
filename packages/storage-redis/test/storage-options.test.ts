import { ConfigurationError } from '@requestforge/core/errors'
import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'
import { RedisTokenStorage, type RedisTokenStorageOptions } from '../src/index.ts'

const url = 'redis://127.0.0.1:1'
const key = Buffer.alloc(32, 7).toString('base64')
const secret = 'planted-canary-secret'
const { subscribe: _, ...partial } = { connect() {}, sendCommand() {}, subscribe() {}, unsubscribe() {}, on() {}, off() {} }

describe('RedisTokenStorage refuses, naming the option', () => {
  it.each([
    ['no options', undefined, undefined, /wants \{ url \} or \{ client \}/],
    ['neither url nor client', {}, 'url', /either `url` or `client` \(got neither\)/],
    ['both', { url, client: createClient() }, 'url', /\(got both\)/],
    ['a URL of another kind', { url: `http://user:${secret}@127.0.0.1` }, 'url', /redis:\/\/ or rediss:\/\//],
    ['a URL that is none', { url: `${secret}:6379` }, 'url', /absolute redis/],
    ['a URL whose path is no number', { url: `redis://:${secret}@127.0.0.1/sessions` }, 'url', /the number of a database/],
    ['a URL with a bare % in its password', { url: `redis://:50%${secret}@127.0.0.1` }, 'url', /percent-encoded/],
    ['an ioredis client', { client: { defineCommand() {}, status: 'ready', connect() {}, on() {} } }, 'client', /ioredis/],
    ['half a client', { client: partial }, 'client', /an object without subscribe/],
    ['a client that is none', { client: null }, 'client', /got null/],
    ['a client that is a URL', { client: `redis://:${secret}@127.0.0.1` }, 'client', /createClient\(\) makes it \(got string\)/],
    ['an empty prefix', { url, keyPrefix: '' }, 'keyPrefix', /not empty/],
    ['a prefix that is no text', { url, keyPrefix: 5 }, 'keyPrefix', /must be a string/],
    ['an unknown option', { url, prefix: 'x' }, 'prefix', /no option `prefix`/],
    ['a misspelled option', { url, keyprefix: 'x' }, 'keyprefix', /did you mean `keyPrefix`\?/],
    ['seconds', { url, timeoutMs: 0.25 }, 'timeoutMs', /did you mean 250\?/],
    ['no time', { url, timeoutMs: 0 }, 'timeoutMs', /whole number/],
    ['encryption that is none', { url, encryption: 'on' }, 'encryption', /\{ keys, current \}/],
    ['encryption without keys', { url, encryption: { current: 'a' } }, 'encryption', /encryption\.keys must be/],
    [
      'a current key that is not there',
      { url, encryption: { keys: { a: key }, current: secret } },
      'encryption',
      /current must be/,
    ],
    ['a short key', { url, encryption: { keys: { a: 'c2hvcnQ=' }, current: 'a' } }, 'encryption', /keys\.a must be 32 bytes/],
    ['a key that is no base64', { url, encryption: { keys: { a: `${secret}!` }, current: 'a' } }, 'encryption', /in base64/],
    ['a key in hex', { url, encryption: { keys: { a: '07'.repeat(32) }, current: 'a' } }, 'encryption', /in base64/],
    [
      'ids and keys exchanged',
      { url, encryption: { keys: { [key]: 'a' }, current: key } },
      'encryption',
      /the ids of encryption/,
    ],
    [
      'more than keys and current',
      { url, encryption: { keys: { a: key }, current: 'a', algorithm: 'x' } },
      'encryption',
      /`algorithm`/,
    ],
  ])('%s', (_name, options, option, message) => {
    let error: unknown
    try {
      new RedisTokenStorage(options as unknown as RedisTokenStorageOptions) // wrong on purpose
    } catch (thrown) {
      error = thrown
    }
    if (!(error instanceof ConfigurationError)) throw new Error(`it gave ${String(error)}`)
    expect(error.option).toBe(option)
    expect(error.message).toMatch(message)
    for (const hidden of [secret, key]) expect(error.message).not.toContain(hidden)
  })
})

describe('RedisTokenStorage takes', () => {
  it.each(['redis://127.0.0.1:1/', 'redis://127.0.0.1:1/15', 'rediss://user:50%25off@127.0.0.1:1/0?x=1', 'redis://[::1]:1'])(
    'the URL %s',
    async (each) => {
      await new RedisTokenStorage({ url: each }).close()
      await new RedisTokenStorage({ url: new URL(each) }).close()
    },
  )
})

describe('RedisTokenStorage shows no secret', () => {
  it('neither in inspect nor in JSON', () => {
    const { inspect } = process.getBuiltinModule('node:util')
    const storage = new RedisTokenStorage({
      url: `redis://:${secret}@127.0.0.1:1`,
      encryption: { keys: { a: key, b: key.replaceAll('B', 'C').replace('=', '') }, current: 'b' },
    })
    for (const shown of [inspect(storage, { depth: 10, showHidden: true }), JSON.stringify(storage)]) {
      expect(shown).not.toContain(secret)
      expect(shown).not.toContain(key.slice(0, 10))
    }
  })
})
