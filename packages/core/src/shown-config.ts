import { harmlessDefaults } from './header-names.ts'
import { mask, redactUrl } from './redaction.ts'

const groups: ReadonlySet<string> = new Set(['apiKey', 'basicAuth', 'tls'])
// A certificate's file may hold the key, too.
const secrets: ReadonlySet<string> = new Set(['bearerToken', 'key', 'cert', 'password', 'passphrase'])

/** A configuration as logs and inspections show it: plain, and without secrets. */
export function shownConfig(config: object): object {
  return mapped(config, (name, value) => {
    if (secrets.has(name)) return mask
    if (name === 'proxy' && value !== false) return redactUrl(String(value))
    if (typeof value !== 'object' || value === null) return value
    if (name === 'headers') return mapped(value, (header, text) => (harmlessDefaults.has(header) ? text : mask))
    return groups.has(name) ? shownConfig(value) : value
  })
}

function mapped(members: object, shown: (name: string, value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, shown(name, value)]))
}
