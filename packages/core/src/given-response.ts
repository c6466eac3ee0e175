import { ConfigurationError } from './errors/configuration-error.ts'
import type { HttpResponse } from './handler.ts'
import { kindOf } from './option-checks.ts'

/** JavaScript lets hooks and middleware give anything at all: what has a status is taken for a response. */
export function isResponse(given: unknown): given is HttpResponse {
  return typeof (given as Partial<HttpResponse> | null | undefined)?.status === 'number'
}

/** `giver` gave something else; `hint` says what was probably meant. */
export function noResponse(given: unknown, option: 'hooks' | 'middleware', giver: string, hint: string): ConfigurationError {
  return new ConfigurationError(`${giver} gave no response (got ${kindOf(given)}): ${hint}`, { option })
}
