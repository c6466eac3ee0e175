const link = /<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]+))?)*)/g
const parameter = /;\s*([\w!#$&+.^`|~*-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+)))?/g

/**
 * The target of the first link with the relation `rel`, as the header has it: it may be relative.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 */
export function linkTarget(header: string | null, rel: string): string | undefined {
  for (const [, target, parameters = ''] of (header ?? '').matchAll(link)) {
    if (relationsOf(parameters).includes(rel)) return target
  }
  return undefined
}

/** Of several `rel` only the first counts. */
function relationsOf(parameters: string): readonly string[] {
  for (const [, name = '', quoted, bare] of parameters.matchAll(parameter)) {
    if (name.toLowerCase() === 'rel') return (quoted ?? bare ?? '').toLowerCase().split(/\s+/)
  }
  return []
}
