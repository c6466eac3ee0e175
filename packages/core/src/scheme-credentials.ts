import { mask } from './redaction.ts'

// No parameter of a challenge: `Bearer realm="api"`. A quote behind an `=` that fills Base64 up ends the text that it stands in.
const schemeAndWord =
  /(?:\b|(?<=%[\da-f]{2}))(Bearer|Basic|DPoP)(?:\s|\+|%(?:25)*20)+(?!(?:realm|scope|error\w*|charset|algs)\s*=|[a-z_]\w*\s*=\s*\\*["'][\w/:])([\w~+/.=-]+)/gi
/** What people write behind the name of a scheme. */
const saidOfSchemes = /^(?:tokens?|auth(?:entication|orization)?|schemes?|credentials?|challenges?|headers?|proofs?|realm)$/i
const plainWord = /^(?:[A-Z]?[a-z/]*|[A-Z]+)$/
/** No plain word of any language that errors are written in is as long. */
const longestWord = 20
/** Shorter ones, in a spelling that no header has, are numbers and abbreviations. */
const shortestCredential = 8

/** Text without what follows the name of an authentication scheme, as far as that is not prose. */
export function withoutSchemeCredentials(text: string): string {
  return text.replace(schemeAndWord, (all: string, scheme: string, word: string) =>
    isCredential(scheme, word, all === text.trim()) ? `${scheme} ${mask}` : all,
  )
}

function isCredential(scheme: string, given: string, isAll: boolean): boolean {
  const word = given.replace(/\.+$/, '')
  const isPlain = plainWord.test(word) && word.length <= longestWord
  const isBasic = /^basic$/i.test(scheme)
  const isAsInHeaders = scheme === 'Bearer' || scheme === 'Basic' || scheme === 'DPoP'
  if (isBasic ? isAll && isAsInHeaders : isAll || isAsInHeaders) return !saidOfSchemes.test(word)
  // Those of Basic are Base64 of a name and a password: that is hardly ever a word.
  if (isAsInHeaders) return !isPlain
  return word.length >= shortestCredential && !isPlain
}
