import { ConfigurationError } from './errors/configuration-error.ts'
import { classOf, isOptionBag, kindOf } from './option-checks.ts'

/** What a query or form value can be. */
export type Scalar = string | number | boolean | bigint | Date

/** Query or form members: arrays repeat the name, `undefined` and `null` are left out, dates are written as ISO 8601. */
export type Params = Readonly<Record<string, Scalar | null | undefined | readonly Scalar[]>> | URLSearchParams

/** Adds the parameters to the query that is there. */
export function appendParams(url: string, params: Params): string {
  const added = encodeParams('params', params).toString()
  if (added === '') return url
  const separator = url.includes('?') ? (url.endsWith('?') || url.endsWith('&') ? '' : '&') : '?'
  return url + separator + added
}

/** @throws ConfigurationError for values that are neither scalars nor arrays of them */
export function encodeParams(option: string, params: Params): URLSearchParams {
  if (params instanceof URLSearchParams) return params
  // Another realm's URLSearchParams, and maps, are read like the platform's.
  if (!isOptionBag(params) && !/^(URLSearchParams|Map)$/.test(classOf(params))) {
    const hint = option === 'form' && classOf(params) === 'FormData' ? '; did you mean `body`?' : ''
    throw new ConfigurationError(`${option} must be an object or URLSearchParams (got ${kindOf(params)})${hint}`, { option })
  }
  const encoded = new URLSearchParams()
  const entries: Iterable<readonly [string, unknown]> = Symbol.iterator in params ? (params as never) : Object.entries(params)
  for (const [name, value] of entries) {
    if (value === undefined || value === null) continue
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const single of values) {
      if (single !== undefined && single !== null) encoded.append(name, encodeScalar(`${option}.${name}`, single))
    }
  }
  return encoded
}

function encodeScalar(option: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  throw new ConfigurationError(
    `${option} must be a string, number, boolean, bigint or valid Date, or an array of them (got ${kindOf(value)})`,
    { option },
  )
}
