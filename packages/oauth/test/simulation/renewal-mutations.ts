import type { Mutation } from './mutation.ts'

/** Mistakes in who renews when, and in what callers get. */
export const renewalMutations: readonly Mutation[] = [
  {
    mistake: 'renews after a 401 without a look at the token that is held',
    file: 'token-keeper.ts',
    find: 'held.token.accessToken !== rejected.accessToken',
    replace: 'false',
  },
  {
    mistake: 'hands the token out before it is stored',
    file: 'minted-token.ts',
    find: 'await this.#store(marked.token, marked.keepForMs)',
    replace: "(void this.#store(marked.token, marked.keepForMs), { kind: 'kept', version: slot.version + 1 })",
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
    find: 'const outcome = await flight.wait(signal)',
    replace: `signal?.addEventListener('abort', () => flight.release({ kind: 'lost', error: new Error('one has gone') }))
      const outcome = await flight.wait(signal)`,
  },
  {
    mistake: 'remembers no failure',
    file: 'failure-memory.ts',
    find: 'return { failure, attempts, streak, nextTryAt, recheckAt }',
    replace: 'return { failure, attempts, streak, nextTryAt: now, recheckAt: now }',
  },
  {
    mistake: 'ignores Retry-After',
    file: 'failure-memory.ts',
    find: 'Math.min(retryAfterMs, retryAfterLimitMs)',
    replace: 'undefined',
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
    find: 'await previous?.ended',
    replace: 'await undefined',
  },
  {
    mistake: 'lets a running renewal undo an invalidation',
    file: 'token-slot.ts',
    find: 'return generation === this.generation',
    replace: 'return true',
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
    mistake: 'goes on listening after close()',
    file: 'close-slot.ts',
    find: 'slot.unsubscribe?.()',
    replace: '',
  },
  {
    mistake: 'does not renew ahead',
    file: 'token-keeper.ts',
    find: 'if (now >= held.dueAt) ',
    replace: 'if (now < 0) ',
  },
  {
    mistake: 'lets a forced renewal wait for a remembered pause',
    file: 'token-keeper.ts',
    find: 'anew: true, ignoreFailure: true',
    replace: 'anew: true, ignoreFailure: false',
  },
  {
    mistake: 'pauses for as long as a server says, be it for days',
    file: 'failure-memory.ts',
    find: 'Math.min(retryAfterMs, retryAfterLimitMs)',
    replace: 'retryAfterMs',
  },
  {
    mistake: 'renews after every 401 at once',
    file: 'token-keeper.ts',
    find: 'if (this.#isTooSoon(held, now)) return',
    replace: 'if (false) return',
  },
  {
    mistake: 'takes a stored token that has expired',
    file: 'renewal.ts',
    find: ' || !isUsable(this.#site, token)) return false',
    replace: ') return false',
  },
]
