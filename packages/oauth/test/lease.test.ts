import { describe, expect, it, vi } from 'vitest'
import { type Fleet, type Process, startFleet } from './fixtures/fleet.ts'
import { ConfigurationError } from './fixtures/library.ts'
import { hang } from './fixtures/plain-storage.ts'
import { rejectionOf } from './fixtures/set-up.ts'

/** Two processes whose access token has expired, and a session that only a rotating refresh token renews. */
async function expiredSession(): Promise<Fleet & { readonly second: Process }> {
  const fleet = startFleet(2)
  const { clock, provider, first, processes } = fleet
  provider.rotates = true
  for (const { manager } of processes) await manager.getToken()
  provider.loseGrant()
  await clock.advance(3_600_000)
  return { ...fleet, second: processes[1] ?? first }
}

function reject(): Promise<never> {
  return Promise.reject(new Error('away'))
}

/** What goes wrong with the first call of this name. */
function onceAt(operation: string, trouble: () => Promise<never>): Process['connection']['trouble'] {
  let left = 1
  return (called) => (called === operation && left-- > 0 ? trouble() : undefined)
}

describe('the lease of a holder whose refresh token is on its way', () => {
  it.each([
    ['fails', reject],
    ['is not answered', hang],
  ])('is kept when one extension of it %s: nobody sends the refresh token a second time', async (_what, trouble) => {
    const { clock, provider, first, second } = await expiredSession()
    provider.delayMs = 4_000
    first.connection.trouble = onceAt('extend', trouble)
    const tokens = [first.manager.getToken(), clock.advance(100).then(() => second.manager.getToken())]
    await clock.advance(6_000)
    for (const { accessToken } of await Promise.all(tokens)) expect(accessToken).toBe('token-2')
    expect(provider.presented).toEqual(['refresh-1'])
  })

  it('lasts for another second and a half where the holder is held up', async () => {
    const { clock, provider, store, first } = await expiredSession()
    provider.delayMs = 4_000
    first.manager.getToken().catch(() => undefined)
    await clock.advance(400)
    expect((store.only.lease?.until ?? 0) - clock.monotonic()).toBeGreaterThan(1_400)
  })

  it.each([
    ['fails', reject],
    ['is not answered', hang],
  ])('goes on when the token that replaces it cannot be stored at once, because the commit %s', async (_what, trouble) => {
    const { clock, provider, store, first, second } = await expiredSession()
    first.connection.trouble = onceAt('commit', trouble)
    const own = first.manager.getToken()
    await clock.advance(600)
    expect((await own).accessToken).toBe('token-2')
    const others = second.manager.getToken()
    await clock.advance(3_000)
    expect((await others).accessToken).toBe('token-2')
    expect(provider.presented).toEqual(['refresh-1'])
    expect(store.only.token?.refreshToken).toBe('refresh-2')
  })

  it('keeps no process alive by its extensions: nobody waits for them', async () => {
    const { clock, provider, first } = await expiredSession()
    provider.delayMs = 4_000
    first.manager.getToken().catch(() => undefined)
    await clock.advance(100)
    first.connection.trouble = hang
    const timers = vi.spyOn(clock, 'setTimeout')
    await clock.advance(700)
    const limits = timers.mock.calls.filter(([, delayMs]) => delayMs === 500).map((call: readonly unknown[]) => call[2])
    expect(limits).toEqual([false, false])
  })

  it('ends when that cannot be stored for long: the next one need not wait for it for ever', async () => {
    const { clock, store, first } = await expiredSession()
    first.connection.trouble = (operation) => (operation === 'commit' ? reject() : undefined)
    await first.manager.getToken()
    await clock.advance(8_000)
    expect(store.only.lease?.until).toBeLessThan(clock.monotonic())
    expect(first.events.filter((name) => name === 'storage-failed')).toHaveLength(1)
  })

  it('is not extended any more after close(), when its token could not be stored', async () => {
    const { clock, first } = await expiredSession()
    first.connection.trouble = (operation) => (operation === 'commit' ? reject() : undefined)
    await first.manager.getToken()
    await first.manager.close()
    const calls = first.connection.calls.length
    await clock.advance(2_000)
    expect(first.connection.calls).toHaveLength(calls)
  })

  it('ends at once when the storage turns out to be misconfigured before it is sent', async () => {
    const { clock, first, second } = await expiredSession()
    const refuse = () => Promise.reject(new ConfigurationError('no permission'))
    first.connection.trouble = onceAt('markSpent', refuse)
    expect(await rejectionOf(first.manager.getToken())).toBeInstanceOf(ConfigurationError)
    const calls = first.connection.calls.length
    let isAnswered = false
    second.manager.getToken().then(
      () => (isAnswered = true),
      () => (isAnswered = true),
    )
    await clock.advance(600)
    expect(isAnswered).toBe(true)
    expect(first.connection.calls).toHaveLength(calls)
  })

  it('is no hindrance to its own process: what could not be stored comes home with an invalidation before the end', async () => {
    const { clock, provider, store, first } = await expiredSession()
    provider.canFetch = false
    let isAway = true
    first.connection.trouble = (operation) => (isAway && operation === 'commit' ? reject() : undefined)
    await first.manager.getToken()
    await clock.advance(3_000)
    isAway = false
    await first.manager.invalidateToken()
    await first.manager.close()
    expect(store.only.token?.refreshToken).toBe('refresh-2')
  })

  it('is not kept for a token that the others can fetch themselves, and the trouble is told once', async () => {
    const { clock, first, processes } = startFleet(2)
    first.connection.trouble = (operation) => (operation === 'commit' ? reject() : undefined)
    await first.manager.getToken()
    const other = processes[1]?.manager.getToken()
    await clock.advance(1_400)
    expect((await other)?.accessToken).toBe('token-2')
    await clock.advance(5_000)
    expect(first.events.filter((name) => name === 'storage-failed')).toHaveLength(1)
  })

  it('costs a caller no second wait where the storage hangs since the mark', async () => {
    const { clock, first } = await expiredSession()
    let isHung = false
    first.connection.trouble = (operation) => {
      isHung ||= operation === 'markSpent'
      return isHung ? hang() : undefined
    }
    const token = first.manager.getToken()
    await clock.advance(501)
    expect((await token).accessToken).toBe('token-2')
  })

  it('is asked for as seldom as the storage is, when that is away for longer', async () => {
    const { clock, first } = await expiredSession()
    first.connection.trouble = (operation) => (operation === 'commit' ? reject() : undefined)
    await first.manager.getToken()
    await clock.advance(6_000)
    const commits = (): number => first.connection.calls.filter((operation) => operation === 'commit').length
    const before = commits()
    await clock.advance(10_000)
    expect(commits() - before).toBeLessThanOrEqual(10)
  })
})
