import { ConfigurationError } from '@requestforge/core/errors'
import { describe, expect, it } from 'vitest'
import { RedisTokenStorage } from '../src/index.ts'
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
