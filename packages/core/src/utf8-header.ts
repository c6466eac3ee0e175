/** Header values are bytes; servers that put more than ASCII into a URL there mean UTF-8, unless it cannot be that. */
export function asUtf8(value: string): string {
  const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0))
  if (bytes.every((byte) => byte < 0x80)) return value
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return value
  }
}
