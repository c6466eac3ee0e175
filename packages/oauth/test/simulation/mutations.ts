/** One mistake that somebody could make in the manager. */
export interface Mutation {
  /** What the mutant does. */
  readonly mistake: string
  /** In `packages/oauth/src`. */
  readonly file: string
  /** Stands there exactly once. */
  readonly find: string
  readonly replace: string
}

/** Mistakes that the simulation has to find out. */
export const mutations: readonly Mutation[] = [
  {
    mistake: 'renews after a 401 without a look at the token that is held',
    file: 'token-keeper.ts',
    find: 'held.token.accessToken !== rejected.accessToken',
    replace: 'false',
  },
  {
    mistake: 'renews without a look at what others have stored',
    file: 'coordinated-turns.ts',
    find: "request.wants(stored.token, contest.waited))\n      return { kind: 'adopt'",
    replace: "false)\n      return { kind: 'adopt'",
  },
  {
    mistake: 'renews without a look at a plain storage',
    file: 'plain-turns.ts',
    find: 'request.wants(stored.token, false)',
    replace: 'false',
  },
  {
    mistake: 'hands the token out before it is stored',
    file: 'renewal.ts',
    find: 'await turn.keep(marked.token, marked.keepForMs)',
    replace: "(void turn.keep(marked.token, marked.keepForMs), { kind: 'kept', version: slot.version + 1 })",
  },
  {
    mistake: 'deletes the stored token when the network fails',
    file: 'grant.ts',
    find: "return { kind: 'failed', failure, unspent,",
    replace: "return { kind: 'failed', dead: this.#current, failure, unspent,",
  },
  {
    mistake: 'calls every token expired five minutes before its end, however short it lives',
    file: 'token-lifetime.ts',
    find: 'return Math.min(skewLimitMs, lifetimeMs * skewShare)',
    replace: 'return 300_000',
  },
  {
    mistake: 'gives the renewal up for all when one waiter goes',
    file: 'shared-renewal.ts',
    find: 'const outcome = await waitFor(flight.outcome, signal)',
    replace: `signal?.addEventListener('abort', () => flight.release({ kind: 'lost', error: new Error('one has gone') }))
      const outcome = await waitFor(flight.outcome, signal)`,
  },
  {
    mistake: 'remembers no failure',
    file: 'failure-memory.ts',
    find: 'return { failure, attempts, nextTryAt, recheckAt }',
    replace: 'return { failure, attempts, nextTryAt: now, recheckAt: now }',
  },
  {
    mistake: 'ignores Retry-After',
    file: 'failure-memory.ts',
    find: 'Math.min(retryAfterMs, retryAfterLimitMs)',
    replace: 'undefined',
  },
  {
    mistake: 'never extends its lease',
    file: 'lease-keeper.ts',
    find: '() => void this.#extend()',
    replace: '() => undefined',
  },
  {
    mistake: 'sends a refresh token without a mark in the storage',
    file: 'coordinated-turn.ts',
    find: 'this.#lease.markSpent()',
    replace: 'Promise.resolve(true)',
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
    mistake: 'overwrites what a faster process has stored',
    file: 'coordinated-turn.ts',
    find: "if (answer.value.committed) return { kind: 'kept', version: answer.value.version }",
    replace: `if (answer.value.committed) return { kind: 'kept', version: answer.value.version }
      await this.#site.options.storage?.set(this.#site.key, token, { keepForMs: keepFor })`,
  },
  {
    mistake: 'gives every caller a renewal of his own',
    file: 'shared-renewal.ts',
    find: 'const running = this.#running()',
    replace: 'const running = undefined',
  },
  {
    mistake: 'gives every forced caller a renewal of his own',
    file: 'shared-renewal.ts',
    find: 'const running = this.#running()',
    replace: 'const running = demand.ignoreFailure ? undefined : this.#running()',
  },
  {
    mistake: 'starts a renewal while the one before still runs',
    file: 'shared-renewal.ts',
    find: 'await previous.ended',
    replace: 'await undefined',
  },
  {
    mistake: 'lets a running renewal undo an invalidation',
    file: 'renewal.ts',
    find: 'this.#site.slot.generation === this.#flight.generation',
    replace: 'true',
  },
  {
    mistake: 'does not listen to notices',
    file: 'notices.ts',
    find: '() => onNotice(site, coordinator)',
    replace: '() => undefined',
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
    mistake: 'hands out what has expired',
    file: 'token-slot.ts',
    find: 'now < this.held.expiredAt',
    replace: 'now > 0',
  },
  {
    mistake: 'lets callers sleep through a backoff',
    file: 'shared-renewal.ts',
    find: 'if (running === undefined) this.#throwRemembered(demand)',
    replace: `const { slot: { failure: last }, clock } = this.#site
      const pauseMs = Math.max(0, (last?.nextTryAt ?? 0) - clock.monotonic())
      if (running === undefined && pauseMs > 0) await new Promise((wake) => void clock.setTimeout(() => wake(undefined), pauseMs))`,
  },
  {
    mistake: 'waits for a storage that hangs',
    file: 'storage-guard.ts',
    find: 'late = true\n',
    replace: 'return\n',
  },
  {
    mistake: 'never tries again to store what the storage could not take',
    file: 'unsaved-token.ts',
    find: '() => void this.save(), delayMs',
    replace: '() => undefined, delayMs',
  },
  {
    mistake: 'goes on listening after close()',
    file: 'token-keeper.ts',
    find: 'slot.unsubscribe?.()',
    replace: '',
  },
]
