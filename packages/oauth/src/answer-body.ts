import { ResponseParseError } from '@requestforge/core/errors'

/** No token answer is longer, in bytes; what goes on is cut off. */
const bodyLimit = 1_048_576

/** The body as text. @throws ResponseParseError if it is longer than any token answer */
export async function readBody(response: Response): Promise<string> {
  if (!hasReader(response)) return shortEnough(await response.text(), response.status)
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let byteCount = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    byteCount += value.byteLength
    if (byteCount > bodyLimit) {
      await reader.cancel()
      throw tooLong(response.status)
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** Gives up a body that nobody reads. */
export async function discardBody(response: Response): Promise<void> {
  if (hasReader(response)) await response.body.cancel()
}

/** False where there is no body, and for other libraries' answers, whose bodies are streams of Node. */
function hasReader(response: Response): response is Response & { readonly body: ReadableStream<Uint8Array> } {
  return typeof response.body?.getReader === 'function'
}

function shortEnough(text: string, status: number): string {
  if (text.length > bodyLimit) throw tooLong(status)
  return text
}

function tooLong(status: number): ResponseParseError {
  return new ResponseParseError(`the answer is longer than ${bodyLimit} bytes`, { status })
}

/** A body, as far as it could be understood. */
export interface ParsedBody {
  /** The members; undefined where it is neither a JSON object nor a form. */
  readonly members: Readonly<Record<string, unknown>> | undefined
  readonly form: 'json' | 'broken' | 'form' | 'other'
}

/** Servers label their answers in every way, so the body itself decides what it is. */
export function parseBody(text: string): ParsedBody {
  const trimmed = text.replace(/^\uFEFF/, '').trim()
  if (/^[[{"]/.test(trimmed) || /^(?:null|true|false|-?\d[\d.eE+-]*)$/.test(trimmed)) return parseJson(trimmed)
  if (/^[\w.-]+=[^\s<>]*$/.test(trimmed)) return { members: Object.fromEntries(new URLSearchParams(trimmed)), form: 'form' }
  return { members: undefined, form: 'other' }
}

function parseJson(text: string): ParsedBody {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return { members: isObject ? { ...value } : undefined, form: 'json' }
  } catch {
    // The caller says what was expected.
    return { members: undefined, form: 'broken' }
  }
}
