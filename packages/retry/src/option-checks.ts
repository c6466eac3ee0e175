import { ConfigurationError } from '@requestforge/core/errors'

/** The longest wait that a platform's timer can do, in milliseconds. */
export const longestDelayMs: number = 2 ** 31 - 1

/** @throws ConfigurationError if `options` is no object, or has a member that is none of `names` */
export function checkNames(options: object, names: readonly string[]): void {
  if (!isOptionBag(options)) throw new ConfigurationError(`options must be an object (got ${shown(options)})`)
  for (const option of Object.keys(options)) {
    if (names.includes(option)) continue
    const meant = names.find((name) => name.toLowerCase().startsWith(option.toLowerCase())) ?? habits[option]
    const isKnown = meant !== undefined && names.includes(meant)
    const hint = isKnown ? `; did you mean \`${meant}\`?` : `: there are ${names.join(', ')}`
    throw new ConfigurationError(`unknown option \`${option}\`${hint}`, { option })
  }
}

/** Whether it holds members by name; what the platform makes for other ends (maps, dates, signals) has none, and would pass for empty. */
function isOptionBag(value: unknown): boolean {
  return typeof value === 'object' && /^(Object|Module)$/.test(classOf(value))
}

/** What the platform calls it: `Object` for plain objects and those of users' classes. */
function classOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}

/** Values as messages show them: objects, which may have no words for themselves, by what they are. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null ? `an object of the class ${classOf(value)}` : String(value)
}

const habits: Readonly<Record<string, string>> = {
  retries: 'maxRetries',
  delay: 'delayMs',
  backoff: 'baseDelayMs',
  factor: 'multiplier',
  statusCodes: 'retryableStatusCodes',
  retryableExceptions: 'retryableErrors',
  maxRetries: 'strategy',
  condition: 'shouldRetry',
  predicate: 'shouldRetry',
  threshold: 'failureThreshold',
}

/** @throws ConfigurationError unless `value` is a whole number of milliseconds that a timer can wait */
export function checkDuration(option: string, value: unknown): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= longestDelayMs) return
  const isLikelySeconds = typeof value === 'number' && value > 0 && value < 1_000 && !Number.isInteger(value)
  const hint = isLikelySeconds ? `; it is in milliseconds: did you mean ${Math.round(value * 1_000)}?` : ''
  throw new ConfigurationError(`${option} must be a whole number of milliseconds from 0 to 2^31-1 (got ${shown(value)})${hint}`, {
    option,
  })
}

/** @throws ConfigurationError unless `value` is a whole number of at least `least` */
export function checkCount(option: string, value: unknown, least = 0): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return
  throw new ConfigurationError(`${option} must be a whole number, ${least} or more (got ${shown(value)})`, { option })
}

/** @throws ConfigurationError unless `value` is an array of HTTP statuses */
export function checkStatuses(option: string, value: unknown): void {
  const isStatus = (status: unknown): boolean =>
    typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599
  if (Array.isArray(value) && value.every(isStatus)) return
  throw new ConfigurationError(`${option} must be an array of HTTP statuses, such as [503]`, { option })
}

/** @throws ConfigurationError unless `value` is a function, or undefined */
export function checkFunction(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new ConfigurationError(`${option} must be a function (got ${typeof value})`, { option })
}

/** @throws ConfigurationError unless `value` has all of `methods`, or is undefined */
export function checkMethods(option: string, value: unknown, methods: readonly string[], wants: string): void {
  if (value === undefined) return
  if (typeof value === 'object' && value !== null && methods.every((name) => typeof Reflect.get(value, name) === 'function'))
    return
  throw new ConfigurationError(`${option} must be ${wants}, with ${methods.join('(), ')}()`, { option })
}
