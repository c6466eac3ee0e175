import { ConfigurationError } from '@requestforge/core/errors'

/** Scope as it is sent. @throws ConfigurationError (RFC 6749 section 3.3) */
export function scopeText(scope: unknown): string | undefined {
  if (scope === undefined || scope === '') return undefined
  const parts: readonly unknown[] = Array.isArray(scope) ? scope : typeof scope === 'string' ? scope.trim().split(/\s+/) : [scope]
  for (const part of parts) {
    if (typeof part === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(part)) continue
    throw new ConfigurationError('scope must be a string of names with spaces between, or an array of such names', {
      option: 'scope',
    })
  }
  return parts.length === 0 ? undefined : parts.join(' ')
}
