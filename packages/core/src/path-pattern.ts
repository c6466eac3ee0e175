/** One step of a pattern: what it takes, and whether it may take any number of characters. */
export interface PatternStep {
  readonly matches: (character: string) => boolean
  readonly repeats: boolean
}

const anything = (): boolean => true

/** Stands before a character that stands for itself; no path has it, not even escaped. */
const literalMark = '\0'

/** A character in a pattern that stands for itself, also in a set. */
export function literally(character: string): string {
  return literalMark + character
}

function withoutMark(character: string): string {
  return character.startsWith(literalMark) ? character.slice(1) : character
}

/**
 * Reads a pattern: `*` matches any run of characters, `/` included; `?` one character; `[abc]`, `[a-z]` and `[!abc]` a set.
 * A `]` that comes first in a set is a member of it, and a `[` that is never closed is itself.
 */
export function readPattern(pattern: string): readonly PatternStep[] {
  const steps: PatternStep[] = []
  const characters: readonly string[] = pattern.match(/\0?./gsu) ?? []
  // Else each `[` behind it would be followed to the end of the pattern.
  const lastClosing = characters.lastIndexOf(']')
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? ''
    const plain = withoutMark(character)
    if (character === '*') steps.push({ matches: anything, repeats: true })
    else if (character === '?') steps.push({ matches: anything, repeats: false })
    else {
      const end = character === '[' && index < lastClosing ? endOfSet(characters, index) : undefined
      steps.push({
        matches: end === undefined ? (other) => other === plain : readSet(characters.slice(index + 1, end)),
        repeats: false,
      })
      index = end ?? index
    }
  }
  return steps
}

function endOfSet(characters: readonly string[], start: number): number | undefined {
  const first = characters[start + 1] === '!' ? start + 2 : start + 1
  const end = characters.indexOf(']', first + 1)
  return end === -1 ? undefined : end
}

function readSet(members: readonly string[]): (character: string) => boolean {
  const isNegated = members[0] === '!'
  const listed = isNegated ? members.slice(1) : members
  const singles = new Set<string>()
  const ranges: (readonly [string, string])[] = []
  for (let index = 0; index < listed.length; index++) {
    const [from, dash, to] = listed.slice(index, index + 3)
    if (from === undefined) continue
    if (dash === '-' && to !== undefined) {
      ranges.push([withoutMark(from), withoutMark(to)])
      index += 2
    } else singles.add(withoutMark(from))
  }
  return (character) =>
    (singles.has(character) || ranges.some(([from, to]) => from <= character && character <= to)) !== isNegated
}
