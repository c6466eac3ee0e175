const utf8 = new TextDecoder()

/** Text by the charset of its content type, without a byte order mark; undefined if no such charset is known. */
export function decodedText(bytes: Uint8Array<ArrayBuffer>, contentType: string | null): string | undefined {
  const charset = charsetOf(contentType)
  if (charset === undefined) return utf8.decode(bytes)
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    // A RangeError: the platform does not know this label.
    return undefined
  }
}

/** As above, but takes an unknown charset for UTF-8, which JSON always is. */
export function decodedTextOrUtf8(bytes: Uint8Array<ArrayBuffer>, contentType: string | null): string {
  return decodedText(bytes, contentType) ?? utf8.decode(bytes)
}

function charsetOf(contentType: string | null): string | undefined {
  if (contentType === null || contentType === 'application/json') return undefined
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1]
  return charset === undefined || /^utf-?8$/i.test(charset) ? undefined : charset
}
