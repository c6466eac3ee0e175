/** True for promises of any realm and library: only those are awaited, because an await costs a turn even for nothing. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
