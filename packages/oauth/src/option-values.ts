import { ConfigurationError } from '@requestforge/core/errors'
import { durationProblem } from '@requestforge/core/option-hints'

/** What was given instead, for messages: never a value, as it may be a secret in the wrong place. */
export function kindAlone(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (value instanceof Date) return 'a Date'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** The same where a number is wanted: that is no secret, and shown as it is. */
export function numberOrKind(value: unknown): string {
  return typeof value === 'number' ? String(value) : kindAlone(value)
}

/** @throws ConfigurationError unless `value` is a non-empty string */
export function checkText(option: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return
  throw new ConfigurationError(`${option} must be a non-empty string (got ${value === '' ? '""' : kindAlone(value)})`, { option })
}

/** @throws ConfigurationError unless `value` is left out, true or false */
export function checkFlag(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return
  throw new ConfigurationError(`${option} must be true or false (got ${kindAlone(value)})`, { option })
}

/** @throws ConfigurationError unless `value` is left out or a function */
export function checkFunction(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new ConfigurationError(`${option} must be a function (got ${kindAlone(value)})`, { option })
}

/** @throws ConfigurationError unless `value` is left out or names of token types */
export function checkTokenTypes(value: unknown): void {
  if (value === undefined) return
  const isName = (type: unknown): boolean => typeof type === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(type)
  if (Array.isArray(value) && value.length > 0 && value.every(isName)) return
  throw new ConfigurationError("tokenTypes must be an array of names, such as ['Bearer']", { option: 'tokenTypes' })
}

/** @throws ConfigurationError unless `value` is a whole number of milliseconds that timers take */
export function duration(option: string, value: number): number {
  const problem = durationProblem(option, value, numberOrKind(value))
  if (problem !== undefined) throw new ConfigurationError(problem, { option })
  return value
}
