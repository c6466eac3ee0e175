import { ConfigurationError } from '@requestforge/core/errors'
import { durationProblem, nearestName } from '@requestforge/core/option-hints'

/** A value as messages show it: of text and objects only what they are, because it may be a secret that was given in the wrong place. */
export function kindOf(value: unknown): string {
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string'
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? 'an array' : isOptionBag(value) ? 'an object' : `a ${classOf(value)}`
}

/** What the platform calls it, of whatever realm: Jest has one for each test file. */
export function classOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}

/** Whether it holds members by name; arrays, maps, dates and forms would pass for an empty one. */
function isOptionBag(value: unknown): value is object {
  return typeof value === 'object' && /^(Object|Module)$/.test(classOf(value))
}

/** @throws ConfigurationError for options that are no object with named members, or that have others than `names` */
export function checkOptions(owner: string, options: unknown, names: readonly string[]): void {
  if (!isOptionBag(options)) throw new ConfigurationError(`the options of ${owner} must be an object (got ${kindOf(options)})`)
  checkNames(owner, options, names)
}

/** The same for one of the things that make up `option`. @throws ConfigurationError */
export function checkMembers(thing: string, option: string, value: unknown, names: readonly string[]): void {
  if (!isOptionBag(value))
    throw new ConfigurationError(`${option}: ${thing} must be an object (got ${kindOf(value)})`, { option })
  checkNames(thing, value, names)
}

function checkNames(owner: string, options: object, names: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !names.includes(name))
  if (unknown === undefined) return
  const meant = nearestName(unknown, names)
  const hint = meant === undefined ? '' : `; did you mean \`${meant}\`?`
  throw new ConfigurationError(`unknown option \`${unknown}\` of ${owner}${hint}; it takes ${names.join(', ')}`, {
    option: unknown,
  })
}

/** @throws ConfigurationError unless `value` is undefined or a whole number of milliseconds that a timer can wait */
export function checkDuration(option: string, value: unknown): void {
  if (value === undefined) return
  const problem = durationProblem(option, value, kindOf(value))
  if (problem !== undefined) throw new ConfigurationError(problem, { option })
}

/** @throws ConfigurationError unless `value` is undefined or a whole number from `least` to `most` */
export function checkCount(option: string, value: unknown, least: number, most: number = Number.MAX_SAFE_INTEGER): void {
  if (value === undefined) return
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`
  throw new ConfigurationError(`${option} must be a whole number, ${range} (got ${kindOf(value)})`, { option })
}

/** @throws ConfigurationError unless `value` is undefined or an array */
export function checkArray(option: string, value: unknown, otherwise: string = ''): void {
  if (value === undefined || Array.isArray(value)) return
  throw new ConfigurationError(`${option} must be an array${otherwise} (got ${kindOf(value)})`, { option })
}

/** @throws ConfigurationError unless `value` is undefined or of the type */
export function checkType(option: string, value: unknown, type: 'boolean' | 'string' | 'function' | 'object'): void {
  if (value === undefined) return
  if (type === 'object' ? isOptionBag(value) : typeof value === type) return
  throw new ConfigurationError(`${option} must be ${type === 'object' ? 'an' : 'a'} ${type} (got ${kindOf(value)})`, { option })
}

/** @throws ConfigurationError unless `value` is undefined or text that is not empty */
export function checkText(option: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return
  throw new ConfigurationError(`${option} must be a string that is not empty (got ${kindOf(value)})`, { option })
}

/** @throws ConfigurationError unless `factory` is a function */
export function checkFactory(owner: string, factory: unknown): void {
  if (typeof factory === 'function') return
  throw new ConfigurationError(`the factory of ${owner} must be a function (got ${kindOf(factory)})`, { option: 'factory' })
}

/** @throws ConfigurationError unless `clock` is undefined or has the methods */
export function checkClock(clock: unknown, methods: readonly string[]): void {
  if (clock === undefined) return
  const isThing = (typeof clock === 'object' && clock !== null) || typeof clock === 'function'
  // Whatever it is, its members can be asked for by name.
  if (isThing && methods.every((method) => typeof (clock as Readonly<Record<string, unknown>>)[method] === 'function')) return
  throw new ConfigurationError(`clock must have ${methods.join(', ')} (got ${kindOf(clock)})`, { option: 'clock' })
}

/** @throws ConfigurationError unless `value` is undefined or a status that an answer can have */
export function checkStatus(value: unknown): void {
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= 200 && value <= 599)) return
  throw new ConfigurationError(`status must be a status from 200 to 599 (got ${kindOf(value)})`, { option: 'status' })
}

/** @throws ConfigurationError unless `value` is undefined or what headers can be made of */
export function checkHeaders(option: string, value: unknown): void {
  if (value === undefined) return
  const isPairs = typeof value === 'object' && value !== null && Symbol.iterator in value
  if (!isPairs) checkType(option, value, 'object')
  try {
    // The platform looks at what it gets, whatever that is.
    void new Headers(value as HeadersInit)
  } catch (cause) {
    throw new ConfigurationError(`${option} must be names and values as HTTP has them`, { option, cause })
  }
}

/** @throws ConfigurationError unless `value` can be written as JSON */
export function checkJson(option: string, value: unknown): void {
  try {
    if (value === undefined || JSON.stringify(value) !== undefined) return
  } catch (cause) {
    throw new ConfigurationError(`${option} cannot be written as JSON`, { option, cause })
  }
  throw new ConfigurationError(`${option} cannot be written as JSON (got ${kindOf(value)})`, { option })
}
