import type { Mutation } from './mutation.ts'

/** Mistakes with refresh tokens. */
export const refreshMutations: readonly Mutation[] = [
  {
    mistake: 'deletes the stored token when the network fails',
    file: 'grant.ts',
    find: "return { kind: 'failed', failure, unspent,",
    replace: "return { kind: 'failed', dead: this.#current, failure, unspent,",
  },
  {
    mistake: 'loses the refresh token when the answer leaves it out',
    file: 'token-merge.ts',
    find: 'answer.refreshToken ?? current.refreshToken,',
    replace: 'answer.refreshToken,',
  },
  {
    mistake: 'keeps the old refresh token when the answer rotates it',
    file: 'token-merge.ts',
    find: 'answer.refreshToken ?? current.refreshToken,',
    replace: 'current.refreshToken,',
  },
  {
    mistake: 'drops the answer to a refresh token when it is late',
    file: 'grant.ts',
    find: 'Math.max(refreshHardCapMs, options.renewalTimeoutMs)',
    replace: 'options.renewalTimeoutMs',
  },
  {
    mistake: 'sends a doubtful refresh token while its access token lives',
    file: 'grant.ts',
    find: '!isAccessPartDropped(current) && isUsable(this.#site, current)',
    replace: 'false',
  },
  {
    mistake: 'sends a doubtful refresh token again and again',
    file: 'grant.ts',
    find: 'if (isTriedTwice) return over()',
    replace: '',
  },
]
