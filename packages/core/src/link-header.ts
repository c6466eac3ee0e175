import { asUtf8 } from './utf8-header.ts'

const link = /<([^<>]*)>((?:\s*;(?:\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]+))?)?)*)/g
const parameter = /;\s*([\w!#$&+.^`|~*-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+)))?/g

/**
 * The target of the first link with the relation `rel`, as the header has it: it may be relative.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 */
export function linkTarget(header: string | null, rel: string): string | undefined {
  for (const [, target, parameters = ''] of asUtf8(header ?? '').matchAll(link)) {
    if (relationsOf(parameters).includes(rel)) return target
  }
  return undefined
}

/** Of several `rel` only the first counts; what has an anchor is a link of something else. */
function relationsOf(parameters: string): readonly string[] {
  const found = [...parameters.matchAll(parameter)]
  const named = (wanted: string) => found.find(([, name = '']) => name.toLowerCase() === wanted)
  const [, , quoted, bare] = named('rel') ?? []
  if (named('anchor') !== undefined) return []
  // Single quotes are none of the RFC's, and some servers write them.
  return (quoted ?? bare?.replace(/^'(.*)'$/, '$1') ?? '').toLowerCase().split(/\s+/)
}
