/** The longest wait that a platform's timer can do, in milliseconds. */
export const longestDelayMs: number = 2 ** 31 - 1

/**
 * What is wrong with a duration, for the message; undefined if it is a whole number of milliseconds that a timer can wait.
 *
 * @param shown the value, as far as a message may show it
 */
export function durationProblem(option: string, value: unknown, shown: string, least: number = 0): string | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= longestDelayMs) return undefined
  const isLikelySeconds = typeof value === 'number' && value > 0 && value < 1_000 && !Number.isInteger(value)
  const hint = isLikelySeconds ? `; \`${option}\` is in milliseconds; did you mean ${Math.round(value * 1_000)}?` : ''
  return `${option} must be a whole number of milliseconds from ${least} to 2^31-1 (got ${shown})${hint}`
}

/** The name that was probably meant, as far as spelling tells. */
export function nearestName(given: string, known: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(given.length / 3))
  const near = [...known].map((name) => ({ name, distance: editDistance(given.toLowerCase(), name.toLowerCase()) }))
  return near.filter(({ distance }) => distance <= limit).sort((a, b) => a.distance - b.distance)[0]?.name
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
