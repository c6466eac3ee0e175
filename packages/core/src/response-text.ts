import type { TransportAnswer } from './transport/transport.ts'

type Bytes = Uint8Array<ArrayBuffer>

const utf8 = new TextDecoder()

/**
 * Text by its byte order mark, else by the charset of its content type, and without the mark; undefined if no such charset is known.
 *
 * @see https://encoding.spec.whatwg.org/#decode
 */
export function decodedText(bytes: Bytes, contentType: string | null): string | undefined {
  const charset = markedCharset(bytes) ?? charsetOf(contentType)
  return charset === undefined ? utf8.decode(bytes) : decodedBy(charset, bytes)
}

/** As above, but takes an unknown charset for UTF-8, which JSON always is. */
export function decodedTextOrUtf8(bytes: Bytes, contentType: string | null): string {
  return decodedText(bytes, contentType) ?? utf8.decode(bytes)
}

/** The same of JSON, whose headers are asked only where it is not plain ASCII: platforms make them on demand, which costs more than to look. */
export function jsonText(bytes: Bytes, answer: Pick<TransportAnswer, 'headers'>): string {
  const text = utf8.decode(bytes)
  if (isAscii(text, bytes.length)) return text
  const charset = markedCharset(bytes) ?? charsetOf(answer.headers.get('content-type'))
  return charset === undefined ? text : (decodedBy(charset, bytes) ?? text)
}

/** Whether it is the same in every charset that JSON may be declared to be in: of other bytes, of UTF-16, or of ISO-2022 some of these are there. */
function isAscii(text: string, byteCount: number): boolean {
  return text.length === byteCount && !text.includes('\uFFFD') && !text.includes('\0') && !text.includes('\x1b')
}

function decodedBy(charset: string, bytes: Bytes): string | undefined {
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    // A RangeError: the platform does not know this label.
    return undefined
  }
}

/** What a text says of itself in its first bytes, whatever else is said of it. */
function markedCharset(bytes: Bytes): string | undefined {
  const [first, second] = [bytes[0], bytes[1]]
  if (first === 0xef && second === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return first === 0xff && second === 0xfe ? 'utf-16le' : undefined
}

function charsetOf(contentType: string | null): string | undefined {
  if (contentType === null || contentType === 'application/json') return undefined
  // Single quotes are none of the RFC's, and some servers write them.
  const charset = /;\s*charset\s*=\s*["']?([^"';\s]+)/i.exec(contentType)?.[1]
  return charset === undefined || /^utf-?8$/i.test(charset) ? undefined : charset
}
