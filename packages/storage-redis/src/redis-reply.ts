import type { SharedFailure } from '@requestforge/oauth'

/** The members of a script's answer. */
export function readArray(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw new Error('redis gave an answer of another shape than the script gives')
}

/** A number, which some protocols and type mappings give as text. */
export function readNumber(value: unknown): number {
  const number = Number(readText(value) ?? value)
  return Number.isFinite(number) ? number : 0
}

/** Text, which some type mappings give as bytes, or undefined for Lua's false. */
export function readText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : undefined
}

/** A failure that another process wrote; whatever it cannot be read as, it says that somebody failed. */
export function readFailure(value: unknown): SharedFailure {
  try {
    const failure: unknown = JSON.parse(readText(value) ?? '')
    if (isFailure(failure)) return failure
  } catch {
    // Written by something else: only that there was a failure is known.
  }
  return { message: 'another process could not renew the token', retryable: true }
}

function isFailure(value: unknown): value is SharedFailure {
  return (
    typeof value === 'object' &&
    value !== null &&
    'message' in value &&
    typeof value.message === 'string' &&
    'retryable' in value &&
    typeof value.retryable === 'boolean'
  )
}
