import { ConfigurationError } from '@requestforge/core/errors'

/** @throws the signal's reason if it is aborted; ConfigurationError if it is no signal */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal === undefined) return
  if (typeof signal?.addEventListener !== 'function')
    throw new ConfigurationError('signal must be an AbortSignal', { option: 'signal' })
  if (signal.aborted) throw signal.reason
}

/** Waits for `promise` until `signal` says stop: this wait alone ends, with the signal's own reason; what is waited for goes on. */
export function waitFor<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
