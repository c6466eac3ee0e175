import { textWithoutSecrets } from './redacted-text.ts'
import { mask, sensitiveNameTest } from './redaction.ts'

/** What platforms say of what went wrong. Anything else may hold the request, or bytes off the wire. */
const harmlessMembers: readonly string[] = ['code', 'errno', 'syscall', 'address', 'port', 'hostname', 'host', 'reason']
/** What every error has; each is looked at by itself. */
const commonMembers: readonly PropertyKey[] = ['message', 'name', 'stack', 'cause', 'errors']
const inspection = Symbol.for('nodejs.util.inspect.custom')
const urlQuery = /(\bhttps?:\/\/[^\s?#"'<>()]*\?)[^\s"'<>()]+/gi
const depthLimit = 5
const isSensitive = /* @__PURE__ */ sensitiveNameTest([])

/**
 * What was thrown, as a cause that may be shown: where it holds more than words and codes, an error that has these alone.
 *
 * @param isSafe tells what need not be looked at
 */
export function harmlessCause(thrown: unknown, isSafe: (thrown: object) => boolean, depth = 0): unknown {
  if (typeof thrown === 'string') return harmlessText(thrown)
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null || isSafe(thrown)) return thrown
  if (depth === depthLimit) return undefined
  const { message, name, stack, cause, errors } = thrown as Readonly<Record<string, unknown>>
  const inner = harmlessCause(cause, isSafe, depth + 1)
  const given: readonly unknown[] | undefined = Array.isArray(errors) ? errors : undefined
  const all = given?.map((error) => harmlessCause(error, isSafe, depth + 1))
  const isHarmless =
    thrown instanceof Error &&
    inner === cause &&
    given === errors &&
    (all === undefined || all.every((error, index) => error === given?.[index])) &&
    [message, name, stack].every((words) => harmlessValue(words) === words) &&
    Reflect.ownKeys(thrown).every((member) => commonMembers.includes(member) || isHarmlessMember(thrown, member)) &&
    !('toJSON' in thrown || inspection in thrown)
  if (isHarmless) return thrown
  const words = typeof message === 'string' ? harmlessText(message) : 'something that is no error was thrown'
  const options = inner === undefined ? undefined : { cause: inner }
  const copy = all === undefined ? new Error(words, options) : new AggregateError(all, words, options)
  for (const member of harmlessMembers) {
    const value = harmlessValue(Reflect.get(thrown, member))
    if (value !== undefined) Reflect.set(copy, member, value)
  }
  for (const [member, text] of Object.entries({ name, stack })) {
    if (typeof text === 'string') Object.defineProperty(copy, member, { value: harmlessText(text), enumerable: false })
  }
  return copy
}

/** Words of others, without what can be told to be a secret. */
export function harmlessText(text: string): string {
  return textWithoutSecrets(text.replace(urlQuery, `$1${mask}`), isSensitive)
}

/** Undefined for what nobody has looked into. */
function harmlessValue(value: unknown): unknown {
  if (typeof value === 'string') return harmlessText(value)
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}

function isHarmlessMember(thrown: object, member: PropertyKey): boolean {
  const value: unknown = Reflect.get(thrown, member)
  if (typeof value === 'string') return harmlessMembers.some((name) => name === member) && harmlessText(value) === value
  return value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol')
}
