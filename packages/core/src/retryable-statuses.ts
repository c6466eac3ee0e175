/** The statuses that may pass: another try later can succeed. */
export const retryableStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])
