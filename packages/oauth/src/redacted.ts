/** What stands in the place of a secret where it would be shown. */
export const redactedText = '[redacted]'

/** The symbol by which Node's `inspect` asks an object how it wants to be shown. */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom')

/** Makes `target` show no more than `shown` in JSON and inspection: whatever else it holds is secret. */
export function showOnly(target: object, shown: Readonly<Record<string, unknown>>): void {
  const show = (): Readonly<Record<string, unknown>> => shown
  Object.defineProperty(target, 'toJSON', { value: show })
  Object.defineProperty(target, inspectSymbol, { value: () => `${target.constructor.name} ${JSON.stringify(shown)}` })
}
