/** One set of headers from several. Of those with one name, however it is written, the last one counts. */
export function mergedHeaders(...sources: readonly (Readonly<Record<string, string>> | undefined)[]): Record<string, string> {
  const merged = new Headers()
  for (const source of sources) {
    for (const [name, value] of new Headers(source)) merged.set(name, value)
  }
  return Object.fromEntries(merged)
}
