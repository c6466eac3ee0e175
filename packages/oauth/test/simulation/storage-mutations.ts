import type { Mutation } from './mutation.ts'

/** Mistakes with what processes share. */
export const storageMutations: readonly Mutation[] = [
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
    mistake: 'never extends its lease',
    file: 'lease-keeper.ts',
    find: 'void this.#extend()',
    replace: 'void 0',
  },
  {
    mistake: 'gives up its lease when one extension of it has failed',
    file: 'lease-keeper.ts',
    find: 'if (answer.answered && answer.value === false)',
    replace: 'if (!answer.answered || answer.value === false)',
  },
  {
    mistake: 'leaves a storage alone after an extension that nobody waited for',
    file: 'storage-guard.ts',
    find: "if (!isRefused && operation !== 'extend') ",
    replace: '',
  },
  {
    mistake: 'sends a refresh token without a mark in the storage',
    file: 'coordinated-turn.ts',
    find: 'this.#lease.markSpent()',
    replace: 'Promise.resolve(true)',
  },
  {
    mistake: 'overwrites what a faster process has stored',
    file: 'coordinated-turn.ts',
    find: "if (answer.value.committed) return { kind: 'kept', version: answer.value.version }",
    replace: `if (answer.value.committed) return { kind: 'kept', version: answer.value.version }
      await this.#site.options.storage?.set(this.#site.key, token, { keepForMs: keepFor })`,
  },
  {
    mistake: 'does not listen to notices',
    file: 'notices.ts',
    find: '() => onNotice(site, coordinator)',
    replace: '() => undefined',
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
    mistake: 'goes on asking a storage that has failed',
    file: 'storage-guard.ts',
    find: 'if (this.pauseMs > 0) return Promise.resolve(unanswered)',
    replace: '',
  },
  {
    mistake: 'renews without the storage though it may not',
    file: 'coordinated-turns.ts',
    find: "if (this.#site.options.onStorageFailure === 'error')",
    replace: 'if (false)',
  },
  {
    mistake: 'tells no other process of a failure',
    file: 'coordinated-turn.ts',
    find: 'failure: shared,',
    replace: 'failure: undefined,',
  },
  {
    mistake: 'forgets a token only where it was asked to',
    file: 'token-keeper.ts',
    find: 'forgetToken(this.#site, { keepRefresh, ahead })',
    replace: 'Promise.resolve()',
  },
  {
    mistake: 'leaves a revoked token in the storage',
    file: 'token-keeper.ts',
    find: 'forgetToken(this.#site, { keepRefresh: false })',
    replace: 'Promise.resolve()',
  },
  {
    mistake: 'does not see the spend mark of another process',
    file: 'coordinated-turn.ts',
    find: 'lease.inDoubt === true',
    replace: 'false',
  },
  {
    mistake: 'keeps the tokens of all keys in one place',
    file: 'token-manager.ts',
    find: 'storageKey(provider, key, undefined)',
    replace: "'one'",
  },
]
