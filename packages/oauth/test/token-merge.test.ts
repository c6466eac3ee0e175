import { describe, expect, it } from 'vitest'
import { mergeRefreshed } from '../src/token-merge.ts'
import { setUp } from './fixtures/set-up.ts'

const current = { accessToken: 'old', refreshToken: 'refresh-1', refreshTokenExpiresAt: 9_000, scope: 'read write' }

describe('what a refresh leaves behind', () => {
  it('keeps the refresh token, its end and the scope where the answer omits them', () => {
    expect(mergeRefreshed(current, { accessToken: 'new' })).toEqual({ ...current, accessToken: 'new' })
  })

  it('has the new refresh token, and not the old one’s end', () => {
    expect(mergeRefreshed(current, { accessToken: 'new', refreshToken: 'refresh-2' })).toMatchObject({
      refreshToken: 'refresh-2',
      refreshTokenExpiresAt: undefined,
    })
  })

  it('shows a narrower scope', () => {
    expect(mergeRefreshed(current, { accessToken: 'new', scope: 'read' }).scope).toBe('read')
  })

  it('is presented again at the next renewal where it was kept', async () => {
    const { clock, provider, manager } = setUp()
    provider.fetches.push({ refreshToken: 'refresh-1' })
    for (let renewal = 0; renewal < 3; renewal += 1) {
      await manager.getToken()
      await clock.advance(3_600_000)
    }
    expect(provider.presented).toEqual(['refresh-1', 'refresh-1'])
    expect(provider.fetchCount).toBe(1)
  })
})
