import { expect, test } from 'vitest'
import { waitFor } from '../src/abortable-wait.ts'

test('what fails after its wait was aborted leaves no rejection unhandled', async () => {
  const unhandled: unknown[] = []
  const add = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', add)
  const aborted = AbortSignal.abort(new Error('enough'))
  await expect(waitFor(Promise.reject(new Error('nobody waits for this')), aborted)).rejects.toThrow('enough')
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', add)
  expect(unhandled).toEqual([])
})
