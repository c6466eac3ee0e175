import { inspection } from './inspection.ts'
import { textWithoutSecrets } from './redacted-text.ts'
import { mask, sensitiveNameTest } from './redaction.ts'
import { thrownMember } from './thrown-member.ts'

/** What platforms say of what went wrong. Anything else may hold the request, or bytes off the wire. */
const harmlessMembers: readonly string[] = ['code', 'errno', 'syscall', 'address', 'port', 'hostname', 'host', 'reason']
/** What every error has; each is looked at by itself. */
const commonMembers: readonly PropertyKey[] = ['message', 'name', 'stack', 'cause', 'errors']
const url = /\bhttps?:\/\/[^\s"'<>]*/gi
const depthLimit = 5
const isSensitive = /* @__PURE__ */ sensitiveNameTest([])

/**
 * What was thrown, as a cause that may be shown: where it holds more than words and codes, an error that has these alone.
 *
 * @param isSafe tells what need not be looked at
 * @param clean takes the secrets out of words
 */
export function harmlessCause(
  thrown: unknown,
  isSafe: (thrown: object) => boolean,
  clean: (text: string) => string = harmlessText,
  depth = 0,
): unknown {
  if (typeof thrown === 'string' || typeof thrown === 'symbol') return clean(String(thrown))
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null || isSafe(thrown)) return thrown
  if (depth === depthLimit) return undefined
  const [message, name, stack, cause, errors] = commonMembers.map((member) => thrownMember(thrown, member))
  const inner = harmlessCause(cause, isSafe, clean, depth + 1)
  const given: readonly unknown[] | undefined = Array.isArray(errors) ? errors : undefined
  const all = given?.map((error) => harmlessCause(error, isSafe, clean, depth + 1))
  const isHarmless =
    inner === cause &&
    given === errors &&
    (all === undefined || all.every((error, index) => error === given?.[index])) &&
    [message, name, stack].every((words) => harmlessValue(words, clean) === words) &&
    isPlainError(thrown, clean)
  if (isHarmless) return thrown
  const words = typeof message === 'string' ? clean(message) : 'something that is no error was thrown'
  const options = inner === undefined ? undefined : { cause: inner }
  const copy = all === undefined ? new Error(words, options) : new AggregateError(all, words, options)
  for (const member of harmlessMembers) {
    const value = harmlessValue(thrownMember(thrown, member), clean)
    if (value !== undefined) Reflect.set(copy, member, value)
  }
  for (const [member, text] of Object.entries({ name, stack })) {
    if (typeof text !== 'string') continue
    // The name of the thrower's class is a word of others, too.
    const value = clean(text.replace(/ at new .*/g, ' at new'))
    Object.defineProperty(copy, member, { value, enumerable: false })
  }
  return copy
}

/** Words of others, without what can be told to be a secret. */
export function harmlessText(text: string, isSecretName: (name: string) => boolean = isSensitive): string {
  return textWithoutSecrets(text.replace(url, withoutQuery), isSecretName)
}

/** A URL in a text: what ends a clause belongs to the sentence that it stands in. */
export function withoutQuery(urlInText: string): string {
  return urlInText.replace(/\?.*[^.,:;)]/, `?${mask}`)
}

/** Undefined for what nobody has looked into. */
function harmlessValue(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value)
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}

/** An error of the platform's own classes (others show themselves in any way they like) that has nothing but what these have. */
function isPlainError(thrown: object, clean: (text: string) => string): boolean {
  try {
    const prototype: unknown = Object.getPrototypeOf(thrown)
    // Not every platform has DOMExceptions.
    const plainErrors = [Error, TypeError, RangeError, SyntaxError, ReferenceError, AggregateError, globalThis.DOMException]
    return (
      plainErrors.some((plain) => plain?.prototype === prototype) &&
      Reflect.ownKeys(thrown).every((member) => isHarmlessMember(thrown, member, clean)) &&
      !('toJSON' in thrown || inspection in thrown)
    )
  } catch {
    return false
  }
}

function isHarmlessMember(thrown: object, member: PropertyKey, clean: (text: string) => string): boolean {
  const { get, value } = Object.getOwnPropertyDescriptor(thrown, member) ?? {}
  // A getter may say something else the next time; engines make one of the stack.
  if (get !== undefined) return member === 'stack'
  if (commonMembers.includes(member)) return true
  if (typeof value === 'string') return harmlessMembers.some((name) => name === member) && clean(value) === value
  return value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol')
}
