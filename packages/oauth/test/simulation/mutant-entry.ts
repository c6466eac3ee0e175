import { TokenManager } from '../../src/index.ts'
import { type BrokenSeed, firstBroken } from './explore.ts'

/** The first seed that the manager of this bundle breaks. */
export function firstBrokenSeed(from: number, count: number): Promise<BrokenSeed | undefined> {
  return firstBroken(from, count, (options) => new TokenManager(options))
}
