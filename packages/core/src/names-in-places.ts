/** What ends the blank-free run that a URL stands in. */
const delimiter = /[\s"'`()<>{},;=&?#]/
const ofQuery = /[=&?#]/
const url = /^\[?https?:\/\/[^/]/i
const sourceFile = /\.(?:[cm]?[jt]sx?|java|kt|go|py|rb|php|cs|rs)$/i
const lineAndColumn = /\d+(?::\d+)?(?!:?[\w~+/=-]|\.\w)/y

/** Whether a name with its sign is no name of what follows: `https://a.example/token: no answer`, `token.ts:12:3`. */
export function isInPlace(text: string, start: number, { index, 0: all, 1: name = '' }: RegExpExecArray): boolean {
  const sign = all.slice(name.length)
  return isEndOfUrl(text, index, sign) || isPlaceInFile(text, start, name, sign)
}

/** Only of URLs: what else has slashes may be the name of a secret. */
function isEndOfUrl(text: string, nameStart: number, sign: string): boolean {
  if (text[nameStart - 1] !== '/' || !/^:\s/.test(sign)) return false
  let start = nameStart
  while (start > 0 && !delimiter.test(text[start - 1] ?? '')) start--
  return !ofQuery.test(text[start - 1] ?? '') && url.test(text.slice(start, nameStart))
}

function isPlaceInFile(text: string, start: number, name: string, sign: string): boolean {
  if (sign !== ':' || !sourceFile.test(name)) return false
  lineAndColumn.lastIndex = start
  return lineAndColumn.test(text)
}
