import { inspect } from 'node:util'
import { ConfigurationError } from '@requestforge/core/errors'
import { describe, expect, it } from 'vitest'
import { RedisTokenStorage } from '../src/index.ts'
import type { RedisClientLike } from '../src/redis-client.ts'
import { StorageEvents } from '../src/storage-events.ts'

describe('on()', () => {
  it('refuses an event that there is not, and a listener that is none', async () => {
    await using storage = new RedisTokenStorage({ url: 'redis://127.0.0.1:1' })
    const misspelled = (): unknown => storage.on('unavailble' as never, () => undefined)
    expect(misspelled).toThrow(ConfigurationError)
    expect(misspelled).toThrow(/no event "unavailble": there are unreadable, unavailable, available/)
    expect(() => storage.on('available', undefined as never)).toThrow(expect.objectContaining({ option: 'listener' }))
  })

  it('lets the same function listen twice and leave once', () => {
    const events = new StorageEvents()
    let told = 0
    const listener = (): void => {
      told += 1
    }
    const leave = events.on('available', listener)
    events.on('available', listener)
    events.emit('available', {})
    leave()
    leave()
    events.emit('available', {})
    expect(told).toBe(3)
  })

  it('goes on when a listener throws or rejects', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    const events = new StorageEvents()
    events.on('available', () => {
      throw new Error('listener')
    })
    const asynchronous: () => unknown = () => Promise.reject(new Error('asynchronous listener'))
    events.on('available', asynchronous)
    let isTold = false
    events.on('available', () => {
      isTold = true
    })
    events.emit('available', {})
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(isTold).toBe(true)
    expect(unhandled).toEqual([])
  })
})

it('shows no token of a command that a client has put into its error', async () => {
  const quiet = async (): Promise<void> => undefined
  const client: RedisClientLike = {
    isOpen: true,
    connect: quiet,
    subscribe: quiet,
    unsubscribe: quiet,
    on: () => undefined,
    off: () => undefined,
    sendCommand: async (args) => {
      throw Object.assign(new Error(`cannot send ${args.join(' ')}`), { code: 'ETRUNK', command: { args } })
    },
  }
  await using storage = new RedisTokenStorage({ client })
  const seen: unknown[] = []
  storage.on('unavailable', (detail) => seen.push(detail))
  const set = (): Promise<void> => storage.set('k', { accessToken: 'canary-a', refreshToken: 'canary-r' })
  // The second finds Redis left alone.
  for (let call = 0; call < 2; call++) await set().catch((error: unknown) => seen.push(error))
  expect(seen).toHaveLength(3)
  expect(inspect(seen, { depth: 9, showHidden: true })).not.toContain('canary')
  expect(seen[0]).toMatchObject({ error: { code: 'ETRUNK' } })
})
