import { AuthenticationError } from './errors/authentication-error.ts'
import type { FailedRequest, HttpClientError } from './errors/http-client-error.ts'

/** How every class of the family is made: what an instance shows are the details that it was given. */
type ErrorClass = new (message: string, details: object) => HttpClientError

/** Marks what has become the error of one call. */
const owned: unique symbol = Symbol('owned')

/**
 * What a token source has thrown, as the error of one call: a source may throw one instance to many, so the first call has it, and each
 * other one that is like it. Undefined where it stays as it is: it names a request of its own, or users derived its class.
 */
export function ownError(thrown: HttpClientError, request: FailedRequest, attempts: number): HttpClientError | undefined {
  const { constructor: kind, message, stack, cause } = thrown
  const isOwned = owned in thrown
  if ((thrown.request !== undefined && !isOwned) || !Object.hasOwn(kind, 'kind')) return undefined
  if (!isOwned && Object.isExtensible(thrown)) {
    Object.defineProperty(thrown, owned, { value: true })
    return Object.assign(thrown, { request, attempts })
  }
  // Others keep members where a copy would not find them.
  if (!AuthenticationError.isInstance(thrown)) return undefined
  // Whatever has a `kind` of its own is one of the family's classes, or a copy of one.
  const like = new (kind as ErrorClass)(message, { ...thrown, cause, request, attempts })
  return Object.defineProperty(like, 'stack', { value: stack, configurable: true, writable: true })
}
