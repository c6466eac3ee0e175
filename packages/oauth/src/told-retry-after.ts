/** When another try makes sense, in milliseconds from now, as far as an error says. */
export function toldRetryAfterMs(error: unknown): number | undefined {
  const told: { readonly retryAfterMs?: unknown } = typeof error === 'object' && error !== null ? error : {}
  return typeof told.retryAfterMs === 'number' ? told.retryAfterMs : undefined
}
