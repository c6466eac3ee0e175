import type { TokenData } from './token-data.ts'

/** What processes tell each other about a token through the storage. */
export interface TokenMarks {
  /** Its `expires_in` was 0: those who wait for it use it once, nobody caches it. */
  readonly singleUse: boolean
  /** It was minted because an API had rejected the one before. */
  readonly fromRejection: boolean
  /** Its refresh token was sent twice, and never answered: nobody tries a third time. */
  readonly retriedInVain: boolean
  /** Its refresh token was sent, and nobody knows what became of it. */
  readonly inDoubt: boolean
}

const marksMember = 'requestforge:marks'

const markNames = [
  ['singleUse', 'single_use'],
  ['fromRejection', 'from_rejection'],
  ['retriedInVain', 'retried_in_vain'],
  ['inDoubt', 'in_doubt'],
] as const

/** Writes the marks where every storage keeps them. */
export function withMarks(token: TokenData, marks: Partial<TokenMarks>): TokenData {
  const set = markNames.filter(([name]) => marks[name] === true).map(([, mark]) => mark)
  return set.length === 0 ? token : { ...token, extra: { ...token.extra, [marksMember]: set } }
}

/** Takes the marks off again: users never see them. */
export function takeMarks(token: TokenData): { readonly token: TokenData; readonly marks: TokenMarks } {
  const { [marksMember]: set, ...extra } = token.extra ?? {}
  const has = (mark: string): boolean => Array.isArray(set) && set.includes(mark)
  const marks = {
    singleUse: has('single_use'),
    fromRejection: has('from_rejection'),
    retriedInVain: has('retried_in_vain'),
    inDoubt: has('in_doubt'),
  }
  if (set === undefined) return { token, marks }
  return { token: { ...token, extra: Object.keys(extra).length > 0 ? Object.freeze(extra) : undefined }, marks }
}
