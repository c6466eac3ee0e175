/**
 * The Redis key, and channel, for a storage key. The braces around it choose the slot in a cluster, so it has none inside; what has no place
 * in names that people read is escaped too. Different keys stay different.
 */
export function redisKeyOf(keyPrefix: string, key: string): string {
  return `${keyPrefix}:{${key.replaceAll(/[^\x21-\x7e]|[{}%]/g, escaped)}}`
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
