import { ConfigurationError } from '@requestforge/core/errors'

/** The longest wait that a platform's timer can do, in milliseconds. */
export const longestDelayMs: number = 2 ** 31 - 1

/** @throws ConfigurationError for a member of `options` that is none of `names` */
export function checkNames(what: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new ConfigurationError(`the options of ${what} must be an object`)
  for (const option of Object.keys(options)) {
    if (names.includes(option)) continue
    throw new ConfigurationError(`unknown option \`${option}\` of ${what}; it takes ${names.join(', ')}`, { option })
  }
}

/** @throws ConfigurationError unless `value` is undefined or a whole number of milliseconds that a timer can wait */
export function checkDuration(option: string, value: unknown): void {
  if (value === undefined) return
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= longestDelayMs) return
  const isLikelySeconds = typeof value === 'number' && value > 0 && value < 1_000 && !Number.isInteger(value)
  const hint = isLikelySeconds ? `; it is in milliseconds: did you mean ${Math.round(value * 1_000)}?` : ''
  throw new ConfigurationError(
    `${option} must be a whole number of milliseconds from 0 to 2^31-1 (got ${String(value)})${hint}`,
    {
      option,
    },
  )
}

/** @throws ConfigurationError unless `value` is undefined or a whole number of at least `least` */
export function checkCount(option: string, value: unknown, least: number): void {
  if (value === undefined) return
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return
  throw new ConfigurationError(`${option} must be a whole number, ${least} or more (got ${String(value)})`, { option })
}

/** @throws ConfigurationError unless `value` is undefined or an array */
export function checkArray(option: string, value: unknown): void {
  if (value === undefined || Array.isArray(value)) return
  throw new ConfigurationError(`${option} must be an array (got ${value === null ? 'null' : typeof value})`, { option })
}
