import { ConfigurationError } from '@requestforge/core/errors'
import { timerLimitMs } from './renewal-constants.ts'

/** @throws ConfigurationError unless `value` is a non-empty string */
export function checkText(option: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return
  throw new ConfigurationError(`${option} must be a non-empty string (got ${value === '' ? '""' : typeof value})`, { option })
}

/** @throws ConfigurationError unless `value` is left out, true or false */
export function checkFlag(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return
  throw new ConfigurationError(`${option} must be true or false (got ${typeof value})`, { option })
}

/** @throws ConfigurationError unless `value` is left out or a function */
export function checkFunction(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new ConfigurationError(`${option} must be a function (got ${typeof value})`, { option })
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
  if (Number.isInteger(value) && value >= 0 && value <= timerLimitMs) return value
  const isFraction = typeof value === 'number' && value > 0 && value < 1_000 && !Number.isInteger(value)
  const hint = isFraction ? `; \`${option}\` is in milliseconds; did you mean ${Math.round(value * 1_000)}?` : ''
  const message = `${option} must be a whole number of milliseconds from 0 to ${timerLimitMs} (got ${String(value)})${hint}`
  throw new ConfigurationError(message, { option })
}
