import type { TokenData } from './token-data.ts'

/** What processes tell each other about a token through the storage. */
export interface TokenMarks {
  /** Its `expires_in` was 0: those who wait for it use it once, nobody caches it. */
  readonly singleUse: boolean
  /** It was minted because an API had rejected the one before. */
  readonly fromRejection: boolean
}

const marksMember = 'requestforge:marks'

/** Writes the marks where every storage keeps them. */
export function withMarks(token: TokenData, marks: TokenMarks): TokenData {
  const set = [...(marks.singleUse ? ['single_use'] : []), ...(marks.fromRejection ? ['from_rejection'] : [])]
  return set.length === 0 ? token : { ...token, extra: { ...token.extra, [marksMember]: set } }
}

/** Takes the marks off again: users never see them. */
export function takeMarks(token: TokenData): { readonly token: TokenData; readonly marks: TokenMarks } {
  const { [marksMember]: set, ...extra } = token.extra ?? {}
  if (!Array.isArray(set)) return { token, marks: { singleUse: false, fromRejection: false } }
  return {
    token: { ...token, extra: Object.keys(extra).length > 0 ? Object.freeze(extra) : undefined },
    marks: { singleUse: set.includes('single_use'), fromRejection: set.includes('from_rejection') },
  }
}
