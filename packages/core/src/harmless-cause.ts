import { textWithoutSecrets } from './redacted-text.ts'
import { sensitiveNameTest } from './redaction.ts'

/** What platforms say of what went wrong. Anything else may hold the request, or bytes off the wire. */
const harmlessMembers: ReadonlySet<string> = new Set([
  'code',
  'errno',
  'syscall',
  'address',
  'port',
  'hostname',
  'host',
  'reason',
])
const depthLimit = 5
const isSensitive = /* @__PURE__ */ sensitiveNameTest([])

/** What was thrown, as a cause that may be shown: where it holds more than that, a copy with its words and codes alone. */
export function harmlessCause(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error) || depth > depthLimit) return error
  const { message, name, cause } = error
  const words = textWithoutSecrets(message, isSensitive)
  const harmless = harmlessCause(cause, depth + 1)
  const isHarmless = Object.keys(error).every((member) => harmlessMembers.has(member))
  if (isHarmless && words === message && harmless === cause) return error
  const copy = new Error(words, cause === undefined ? undefined : { cause: harmless })
  for (const member of harmlessMembers) {
    const value: unknown = Reflect.get(error, member)
    if (value !== undefined) Reflect.set(copy, member, value)
  }
  Object.defineProperty(copy, 'name', { value: name, enumerable: false })
  return copy
}
