import { ConfigurationError } from '@requestforge/core/errors'

/** What people write who come from other libraries, or from the RFCs. */
const habits: Readonly<Record<string, string>> = {
  tokenEndpoint: 'tokenUrl',
  token_endpoint: 'tokenUrl',
  secret: 'clientSecret',
  scopes: 'scope',
  timeout: 'renewalTimeoutMs',
  tokenProvider: 'provider',
  cache: 'storage',
}

/** @throws {ConfigurationError} if `options` is no object, or has a member that nobody knows */
export function checkOptionNames(owner: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new ConfigurationError(`${owner} wants an options object`)
  if (known.includes('provider') && 'fetchToken' in options)
    throw new ConfigurationError(`${owner} wants an object of options (got a provider); did you mean \`{ provider }\`?`)
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const habit = habits[name]
    const near = habit !== undefined && known.includes(habit) ? habit : nearest(name, known)
    const hint = near === undefined ? '' : `; did you mean \`${near}\`?`
    throw new ConfigurationError(`${owner} has no option \`${name}\`${hint}`, { option: name })
  }
}

function nearest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((each) => ({ each, steps: editSteps(name.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.steps - b.steps)
  return best !== undefined && best.steps <= Math.max(2, name.length / 3) ? best.each : undefined
}

/** How many letters must be put in, taken out or changed to make one word of the other. */
function editSteps(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...to].entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
