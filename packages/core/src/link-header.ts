const link = /<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]+))?)*)/g
const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i

/**
 * The target of the first link with the relation `rel`, as the header has it: it may be relative.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 */
export function linkTarget(header: string | null, rel: string): string | undefined {
  for (const [, target, parameters = ''] of (header ?? '').matchAll(link)) {
    const [, quoted, bare] = relation.exec(parameters) ?? []
    const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/)
    if (relations.includes(rel)) return target
  }
  return undefined
}
