import { isPromise } from './is-promise.ts'

/** Takes what nobody waits for, if it is a promise: its rejection is nobody's then, and must not end the process. */
export function letGo(value: unknown): void {
  if (isPromise(value)) value.then(undefined, () => undefined)
}
