import type { TokenData, TokenStorage } from '@requestforge/oauth'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ContractViolation, ManualClock, tokenStorageContract } from '../src/index.ts'
import { type Defect, MapTokenStorage } from './fixtures/map-token-storage.ts'

/** The defects, each with the case that has to find it. */
const defects: readonly (readonly [Defect, RegExp])[] = [
  ['keys in lower case', /keys that look alike/],
  ['keepForMs ignored', /a token is forgotten when keepForMs is over, and/],
  ['keepForMs ends with the first set', /a later set decides/],
  ['tokens merged', /setting again replaces/],
  ['undefined written as null', /stay away/],
  ['expired tokens hidden', /an expired token is handed back/],
  ['every claim leased', /exactly one gets the lease/],
  ['busy for ever', /for how long at most/],
  ['leases end early', /a lease lasts to its end/],
  ['busy for as long at any time', /a lease lasts to its end/],
  ['leases never end', /ends by itself/],
  ['extensions forgotten', /an extended lease lasts/],
  ['one owner for all leases', /does not end the lease of somebody else/],
  ['lost leases extended', /a lost lease can neither/],
  ['lost leases marked', /a lost lease can neither/],
  ['newer token withheld', /newer than what the claimant holds/],
  ['no re-read under the lease', /with that token and its version under it/],
  ['commit without compare', /overslept cannot overwrite/],
  ['commit bound to the lease', /the version counts, not the lease/],
  ['replaced tokens marked spent', /that a late commit has replaced/],
  ['repeated commit raises the version', /repeating a commit/],
  ['refused commit tells nothing', /learns what that is/],
  ['version starts at 0', /lost everything/],
  ['removal forgets the version', /higher version than all before/],
  ['removal of newer tokens', /leaves a newer token alone/],
  ['delete keeps the version', /delete raises the version/],
  ['tombstone for a minute', /for an hour/],
  ['spend mark lost', /puts the next holder in doubt/],
  ['spend mark survives a commit', /a commit ends doubt/],
  ['release clears the spend mark', /doubt stays/],
  ['unspent ignored', /doubt stays/],
  ['failure before newer token', /comes before a failure/],
  ['failure told to forced claims', /a forced claim/],
  ['pause shortened', /does not shorten the pause/],
  ['failure survives a commit', /a commit ends a failure/],
  ['failure survives a removal', /a removal ends a failure/],
  ['failure without its error code', /a failure is told to all who claim/],
  ['failure for ever', /until its time is over/],
  ['no notices', /told of commits/],
  ['notices for all keys', /do not reach listeners of another/],
  ['one listener for each key', /one that subscribed twice/],
  ['unsubscribers do nothing', /unsubscribed is not told/],
]

function virtual(defect?: Defect) {
  const clock = new ManualClock()
  return { storage: new MapTokenStorage(clock, defect), advance: (ms: number) => clock.advance(ms) }
}

describe('tokenStorageContract, fulfilled by a map', () => {
  for (const { name, run } of tokenStorageContract(() => virtual())) it(name, run)
})

describe('tokenStorageContract', () => {
  it.each(defects)('finds: %s', async (defect, finder) => {
    const cases = tokenStorageContract(() => virtual(defect)).filter(({ name }) => finder.test(name))
    expect(cases).toHaveLength(1)
    await expect(cases[0]?.run()).rejects.toBeInstanceOf(ContractViolation)
  })

  it('looks only at get, set and delete of a storage without a coordinator', async () => {
    const tokens = new Map<string, TokenData>()
    const storage: TokenStorage = {
      get: async (key) => tokens.get(key),
      set: async (key, token) => void tokens.set(key, token),
      delete: async (key) => void tokens.delete(key),
    }
    const outcomes = await Promise.allSettled(tokenStorageContract(() => storage).map(({ run }) => run()))
    const broken = outcomes.filter(({ status }) => status === 'rejected')
    expect(broken).toHaveLength(1) // this one keeps everything for ever
  })

  const forgotten = /a token is forgotten when keepForMs is over, and/

  it('looks again when a call took longer than what it looks at lasts', async () => {
    const tokens = new Map<string, TokenData>()
    let slow = 2
    const storage: TokenStorage = {
      get: async (key) => {
        if (slow-- > 0) await new Promise((resolve) => setTimeout(resolve, 450))
        return tokens.get(key)
      },
      set: async (key, token, { keepForMs = 0 } = {}) => {
        tokens.set(key, token)
        setTimeout(() => tokens.delete(key), keepForMs)
      },
      delete: async (key) => void tokens.delete(key),
    }
    const [found] = tokenStorageContract(() => storage).filter(({ name }) => forgotten.test(name))
    await found?.run()
    expect(slow).toBeLessThan(0)
  })

  it('does not look again when a token was forgotten in time', async () => {
    vi.spyOn(performance, 'now').mockReturnValue(0)
    onTestFinished(() => void vi.restoreAllMocks())
    let looks = 0
    const storage: TokenStorage = { get: async () => void looks++, set: async () => undefined, delete: async () => undefined }
    const [found] = tokenStorageContract(() => storage).filter(({ name }) => forgotten.test(name))
    await expect(found?.run()).rejects.toThrow('at once: there must be')
    expect(looks).toBe(1)
  })

  it('looks at a storage as a whole, also if it has a member that is called storage', async () => {
    class Forgetful implements TokenStorage {
      readonly storage = virtual().storage
      get = async () => undefined
      set = async () => undefined
      delete = async () => undefined
    }
    const [first] = tokenStorageContract(() => new Forgetful()).filter(({ name }) => /comes back with everything/.test(name))
    await expect(first?.run()).rejects.toBeInstanceOf(ContractViolation)
  })

  it('closes what the factory made, also when a case does not hold', async () => {
    let open = 0
    const factory = () => {
      open++
      const close = async () => void open--
      return { ...virtual('no notices'), close }
    }
    await Promise.allSettled(tokenStorageContract(factory).map(({ run }) => run()))
    expect(open).toBe(0)
  })
})
