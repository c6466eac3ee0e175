import { channel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { startFleet } from './fixtures/fleet.ts'
import { ConfigurationError, TokenData, type TokenManager } from './fixtures/library.ts'
import { PlainStorage } from './fixtures/plain-storage.ts'
import { rejectionOf, setUp, unavailable } from './fixtures/set-up.ts'

const messages: Record<string, unknown>[] = []
const subscriber = (message: unknown): void => void messages.push(message as Record<string, unknown>)

afterEach(() => {
  channel('requestforge:token').unsubscribe(subscriber)
  messages.length = 0
})

describe('events', () => {
  it('tell a token’s life in order', async () => {
    const { clock, provider, manager, events } = setUp()
    await manager.getToken()
    await manager.getToken()
    await clock.advance(3_000_000)
    await manager.getToken()
    await clock.advance(0)
    provider.fetches.push(unavailable())
    await rejectionOf(manager.forceRefresh())
    await manager.invalidateToken()
    expect(events).toEqual([
      'renewal-started',
      'refreshed',
      'hit',
      'due',
      'renewal-started',
      'hit',
      'refreshed',
      'renewal-started',
      'refresh-failed',
      'invalidated',
    ])
  })

  it('tell of a failure its class, the attempts and the next try', async () => {
    const { clock, provider, manager } = setUp()
    const seen: object[] = []
    manager.on('refresh-failed', (detail) => seen.push(detail))
    provider.fetches.push(unavailable(7_000))
    await rejectionOf(manager.getToken())
    expect(seen).toMatchObject([{ failureClass: 'transient', attempts: 1, nextTryAt: clock.now() + 7_000 }])
  })

  it('go on when a listener throws', async () => {
    const { manager, events } = setUp()
    manager.on('renewal-started', () => {
      throw new Error('listener')
    })
    manager.on('refreshed', () => {
      throw new Error('listener')
    })
    expect((await manager.getToken()).accessToken).toBe('token-1')
    expect(events).toContain('refreshed')
  })

  it('of a due token begin one renewal, whatever their listener asks for', async () => {
    const { clock, provider, manager, events } = setUp()
    await manager.getToken()
    let answer: Promise<unknown> | undefined
    manager.on('due', () => {
      answer = manager.getToken()
    })
    await clock.advance(3_000_000)
    manager.peekToken()
    await clock.advance(0)
    expect(await answer).toMatchObject({ accessToken: 'token-1' })
    expect(events.filter((name) => name === 'due')).toHaveLength(1)
    expect(events.filter((name) => name === 'renewal-started')).toHaveLength(2)
    expect(provider.fetchCount).toBe(2)
  })

  it.each(['refreshed', 'adopted'] as const)(
    'of a new token (%s) are told when it is the one that is handed out',
    async (event) => {
      const { clock, first, start, store } = startFleet(1)
      const { manager } = start()
      store.notices = false
      await first.manager.getToken()
      await manager.getToken()
      const seen: (string | undefined)[] = []
      manager.on(event, () => seen.push(manager.peekToken()?.accessToken))
      await clock.advance(3_200_000)
      if (event === 'adopted') await first.manager.forceRefresh()
      expect(manager.peekToken()?.accessToken).toBe('token-1')
      await clock.advance(0)
      expect(seen).toEqual(['token-2'])
    },
  )

  it('end for a listener that leaves', async () => {
    const { manager } = setUp()
    let hits = 0
    const leave = manager.on('hit', () => {
      hits += 1
    })
    await manager.getToken()
    await manager.getToken()
    leave()
    await manager.getToken()
    expect(hits).toBe(1)
  })

  it('are published to requestforge:token without a secret', async () => {
    channel('requestforge:token').subscribe(subscriber)
    const { provider, manager } = setUp()
    provider.fetches.push({ accessToken: 'canary-access', refreshToken: 'canary-refresh' })
    await manager.getToken()
    await manager.getToken()
    expect(messages.map(({ event, serviceName }) => [event, serviceName])).toEqual([
      ['renewal-started', 'example-api'],
      ['refreshed', 'example-api'],
      ['hit', 'example-api'],
    ])
    expect(JSON.stringify(messages)).not.toContain('canary')
  })

  it('show nothing of what a storage puts into its errors: the token that it was to store, among other things', async () => {
    channel('requestforge:token').subscribe(subscriber)
    const storage = new PlainStorage()
    const command = { name: 'set', args: ['key', JSON.stringify({ accessToken: 'canary-access' })] }
    storage.trouble = () => {
      const error = new Error(`OOM command not allowed: ${command.args.join(' ')}`, { cause: { command } })
      throw Object.assign(error, { code: 'OOM', command })
    }
    const { manager } = setUp({ storage })
    const seen: unknown[] = []
    manager.on('storage-failed', (detail) => seen.push(detail))
    await manager.getToken()
    expect(seen).toMatchObject([
      { operation: 'get', error: { code: 'OOM', message: expect.stringMatching(/^OOM command not allowed/) } },
    ])
    for (const told of [seen, messages]) expect(inspect(told, { showHidden: true, depth: 9 })).not.toContain('canary')
  })
})

describe('what is wrong with a call', () => {
  it.each<[string, (manager: TokenManager) => unknown, string]>([
    ['an event that there is not', (manager) => manager.on('typo' as 'refreshed', () => undefined), 'there is no event "typo"'],
    ['a listener that is none', (manager) => manager.on('refreshed', 'x' as never), 'listener must be a function'],
    ['a signal that is none', (manager) => manager.getToken({ signal: 5 as never }), 'signal must be an AbortSignal'],
    [
      'a signal without its name',
      (manager) => manager.getToken(new AbortController().signal as never),
      'getToken wants an object of options (got an AbortSignal); did you mean `{ signal }`?',
    ],
    [
      'a signal without its name beside a token that is held',
      async (manager) => manager.replaceToken(await manager.getToken(), new AbortController().signal as never),
      'replaceToken wants an object of options (got an AbortSignal)',
    ],
    ['a wait with a typo', (manager) => manager.forceRefresh({ singal: undefined } as never), 'did you mean `signal`?'],
    ['a wait that is a time', (manager) => manager.invalidateToken(5_000 as never), 'invalidateToken wants an options object'],
    ['a wait that is null', (manager) => manager.revokeToken(null as never), 'revokeToken wants an options object'],
    [
      'a time that is a Date',
      () => TokenData.fromResponse({}, { receivedAt: new Date() as never }),
      'receivedAt must be a number',
    ],
    ['keys in a map', () => TokenData.fromResponse({}, { keys: new Map() as never }), 'keys must be an object of member names'],
    ['options in a list', () => TokenData.fromResponse({}, [] as never), 'TokenData.fromResponse wants an options object'],
    ['a key that nobody knows', () => TokenData.fromResponse({}, { keys: { token: 'x' } as never }), 'has no option `token`'],
  ])('%s is said by name', async (_, call, message) => {
    const { manager } = setUp()
    const error = await rejectionOf(Promise.resolve().then(() => call(manager)))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toHaveProperty('message', expect.stringContaining(message))
  })

  it('an asynchronous listener that rejects breaks nothing', async () => {
    const { manager } = setUp()
    manager.on('refreshed', () => Promise.reject(new Error('from the listener')) as never)
    expect((await manager.getToken()).accessToken).toBe('token-1')
    // A rejection that nobody handles would fail this run.
    await new Promise((resolve) => setImmediate(resolve))
  })
})
