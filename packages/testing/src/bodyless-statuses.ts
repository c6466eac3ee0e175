/** Of the statuses that a server answers with in the end, those whose answers never have a body. @see RFC 9110 section 15 */
export const bodylessStatuses: ReadonlySet<number> = new Set([204, 205, 304])
