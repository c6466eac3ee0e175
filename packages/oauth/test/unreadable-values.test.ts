import { describe, expect, it } from 'vitest'
import { type Fleet, type Process, startFleet } from './fixtures/fleet.ts'
import { AuthenticationError, ReauthenticationRequiredError } from './fixtures/library.ts'
import { rejectionOf } from './fixtures/set-up.ts'

/** Two processes with one token; what the second stores from here on the first cannot read. */
async function oneBlind({ rotates }: { readonly rotates: boolean }): Promise<Fleet & { readonly second: Process }> {
  const fleet = startFleet(2)
  const { provider, first, processes } = fleet
  const second = processes[1] ?? first
  provider.rotates = rotates
  if (rotates) provider.canFetch = undefined
  for (const { manager } of processes) await manager.getToken()
  if (rotates) provider.loseGrant()
  first.connection.blindTo = new Set(['token-2', 'token-3', 'token-4'])
  return { ...fleet, second }
}

describe('a value that one process cannot read', () => {
  it('is no removal: the process goes on with the valid token that it has', async () => {
    const { clock, provider, first, second } = await oneBlind({ rotates: false })
    expect((await second.manager.forceRefresh()).accessToken).toBe('token-2')
    await clock.advance(1_000)
    expect(first.manager.peekToken()?.accessToken).toBe('token-1')
    expect((await first.manager.getToken()).accessToken).toBe('token-1')
    expect(first.events).not.toContain('invalidated')
    expect(provider.fetchCount).toBe(2)
  })

  it('is none either while a third one renews', async () => {
    const { clock, provider, first, second, start } = await oneBlind({ rotates: false })
    const third = start()
    await second.manager.forceRefresh()
    await clock.advance(0)
    provider.delayMs = 50
    const renewed = third.manager.getToken().then(() => third.manager.forceRefresh())
    await clock.advance(10)
    first.connection.store.tellAll()
    await clock.advance(100)
    await renewed
    expect(first.manager.peekToken()?.accessToken).toBe('token-1')
    expect(first.events).not.toContain('invalidated')
  })

  it('is replaced by what the process fetches itself, which the others take over', async () => {
    const { clock, provider, first, second } = await oneBlind({ rotates: false })
    await second.manager.forceRefresh()
    await clock.advance(3_600_000)
    first.connection.blindTo = new Set(['token-2'])
    const [own, theirs] = [await first.manager.getToken(), await second.manager.getToken()]
    expect([own.accessToken, theirs.accessToken]).toEqual(['token-3', 'token-3'])
    expect(provider.fetchCount).toBe(3)
  })

  it('ends no session: nobody has to log in because of it, and the others hear of no failure', async () => {
    const { clock, provider, store, first, second } = await oneBlind({ rotates: true })
    await second.manager.forceRefresh()
    await clock.advance(1_000)
    expect((await first.manager.getToken()).accessToken).toBe('token-1')
    await clock.advance(3_600_000)
    const error = await rejectionOf(first.manager.getToken())
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error).not.toBeInstanceOf(ReauthenticationRequiredError)
    expect(error).toMatchObject({ retryable: true })
    expect(store.only.failure).toBeUndefined()
    expect((await second.manager.getToken()).accessToken).toBe('token-3')
    expect(provider.presented).toEqual(['refresh-1', 'refresh-2'])
  })

  it('stays in the storage when the process loses the race to store its own', async () => {
    const { clock, provider, store, first, second } = await oneBlind({ rotates: false })
    provider.delayMs = 3_000
    first.connection.trouble = (operation) => (operation === 'extend' ? Promise.reject(new Error('away')) : undefined)
    const own = first.manager.forceRefresh()
    await clock.advance(1_500)
    provider.delayMs = 0
    expect((await second.manager.forceRefresh()).accessToken).toBe('token-2')
    await clock.advance(5_000)
    expect((await own).accessToken).toBe('token-3')
    expect(first.manager.peekToken()).toBeDefined()
    expect(first.events).not.toContain('invalidated')
    expect(store.only.token).toBeDefined()
  })

  it('goes with invalidateToken where a new token can be fetched', async () => {
    const { provider, store, first, second } = await oneBlind({ rotates: false })
    await second.manager.forceRefresh()
    await first.manager.invalidateToken()
    expect(store.only.token).toBeUndefined()
    expect(provider.fetchCount).toBe(2)
  })
})
