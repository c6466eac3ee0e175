/**
 * When a JWT says it ends, in milliseconds since the epoch; undefined for anything else.
 *
 * The signature is not checked: this only ever shortens an assumed lifetime.
 *
 * @see RFC 7519 section 4.1.4
 */
export function jwtExpiresAt(accessToken: string): number | undefined {
  const [, payload, signature] = accessToken.split('.')
  if (payload === undefined || signature === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    if (typeof claims !== 'object' || claims === null || !('exp' in claims)) return undefined
    return typeof claims.exp === 'number' && Number.isFinite(claims.exp) ? claims.exp * 1_000 : undefined
  } catch {
    // Three parts with dots between are not always a JWT.
    return undefined
  }
}
